"""Mail by SMTP, delivered beside the request that asked for it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final, Protocol
from uuid import uuid4

import aiosmtplib
import structlog

from app.adapters.told import Told
from app.core.config import Settings, SmtpSecurity
from app.domain.notification_rules import DeliveryError

ATTEMPTS: Final = 3
RETRY_SECONDS: Final = 2.0
CONNECT_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 5.0
MOST_WAITING: Final = 1_000
PERMANENT: Final = 500

log = structlog.get_logger(__name__)


class Letter(Protocol):
    """One mail in plain text."""

    @property
    def to(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def text(self) -> str: ...


class Attached(Protocol):
    """A PDF that goes with a mail."""

    @property
    def name(self) -> str: ...

    @property
    def content(self) -> bytes: ...


class ToldWithFiles(Told, Protocol):
    """A message with what it carries."""

    @property
    def attachments(self) -> Sequence[Attached]: ...


@dataclass(frozen=True, slots=True)
class AddressedLetter:
    """A mail in plain text."""

    to: str
    subject: str
    text: str


class SmtpMailer:
    """Sends through the configured server. A mail that three attempts did not deliver is logged and dropped:
    its reader asks for a new one, and `stackalpha link` prints it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: set[asyncio.Task[None]] = set()

    def post(self, mail: Letter) -> None:
        """Deliver soon; the caller does not wait."""
        if len(self._waiting) >= MOST_WAITING:
            log.error("mail dropped: too many are waiting", subject=mail.subject)
            return
        task = asyncio.get_running_loop().create_task(self._deliver(mail))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def settle(self) -> None:
        """Wait until every posted mail was delivered or given up."""
        await asyncio.gather(*self._waiting)

    async def close(self) -> None:
        """Give what is on its way a moment, then stop."""
        if self._waiting:
            _, late = await asyncio.wait(self._waiting, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()

    async def _deliver(self, mail: Letter) -> None:
        message = mail_message(self._settings, mail, str(uuid4()))
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await send_mail(self._settings, message)
            except (aiosmtplib.SMTPException, OSError) as error:
                log.warning(
                    "mail not delivered", subject=mail.subject, attempt=attempt, error=type(error).__name__
                )
            else:
                return
            if attempt < ATTEMPTS:
                await asyncio.sleep(RETRY_SECONDS)
        log.error("mail given up", subject=mail.subject)


class EmailCourier:
    """Sends one message and says whether the server took it; the Message-ID is the message's reference."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, message: ToldWithFiles) -> None:
        """Raises `DeliveryError`; what the server refuses for good is not tried again."""
        letter = AddressedLetter(
            message.address,
            message.title,
            f"{message.text}\n\n{self._settings.browser_url}/alerts\nReference {message.reference}\n",
        )
        try:
            mail = mail_message(self._settings, letter, message.reference)
            for one in message.attachments:
                mail.add_attachment(one.content, maintype="application", subtype="pdf", filename=one.name)
            await send_mail(self._settings, mail)
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException) as error:
            code = (
                max((one.code for one in error.recipients), default=0)
                if isinstance(error, aiosmtplib.SMTPRecipientsRefused)
                else error.code
            )
            raise DeliveryError(
                f"The mail server refused the mail ({code}).",
                is_final=code >= PERMANENT and not isinstance(error, aiosmtplib.SMTPAuthenticationError),
            ) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise DeliveryError(f"The mail server was not reached ({type(error).__name__}).") from None


async def send_mail(settings: Settings, message: EmailMessage) -> None:
    """Hand a mail to the configured server; raises what aiosmtplib raises, or OSError."""
    await aiosmtplib.send(
        message,
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username or None,
        password=settings.smtp_password.get_secret_value() or None,
        use_tls=settings.smtp_security is SmtpSecurity.TLS,
        start_tls=settings.smtp_security is SmtpSecurity.STARTTLS,
        timeout=CONNECT_SECONDS,
    )


def mail_message(settings: Settings, letter: Letter, reference: str) -> EmailMessage:
    """A mail in plain text whose Message-ID holds the reference."""
    message = EmailMessage()
    message["From"] = settings.smtp_from
    message["To"] = letter.to
    # A wallet's name may hold what a header takes for the end of its line, and refuses the mail for.
    message["Subject"] = " ".join(letter.subject.splitlines())
    message["Message-ID"] = f"<{reference}@stackalpha>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


class NoMailer:
    """Without a mail server links wait in the database; the operator prints them."""

    def post(self, mail: Letter) -> None:
        """Say that something waits, and not what."""
        log.info("no mail server: `stackalpha link` prints the link", subject=mail.subject)

    async def close(self) -> None:
        """Nothing is on its way."""
