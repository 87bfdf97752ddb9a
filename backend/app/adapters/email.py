"""Mail by SMTP, delivered beside the request that asked for it."""

import asyncio
from email.message import EmailMessage
from typing import Final, Protocol
from uuid import uuid4

import aiosmtplib
import structlog

from app.core.config import Settings, SmtpSecurity

ATTEMPTS: Final = 3
RETRY_SECONDS: Final = 2.0
CONNECT_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 5.0
MOST_WAITING: Final = 1_000

log = structlog.get_logger(__name__)


class Letter(Protocol):
    """One mail in plain text."""

    @property
    def to(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def text(self) -> str: ...


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
        message = self._message(mail)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._send(message)
            except (aiosmtplib.SMTPException, OSError) as error:
                log.warning(
                    "mail not delivered", subject=mail.subject, attempt=attempt, error=type(error).__name__
                )
            else:
                return
            if attempt < ATTEMPTS:
                await asyncio.sleep(RETRY_SECONDS)
        log.error("mail given up", subject=mail.subject)

    async def _send(self, message: EmailMessage) -> None:
        settings = self._settings
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

    def _message(self, mail: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.smtp_from
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Message-ID"] = f"<{uuid4()}@stackalpha>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message


class NoMailer:
    """Without a mail server links wait in the database; the operator prints them."""

    def post(self, mail: Letter) -> None:
        """Say that something waits, and not what."""
        log.info("no mail server: `stackalpha link` prints the link", subject=mail.subject)

    async def close(self) -> None:
        """Nothing is on its way."""
