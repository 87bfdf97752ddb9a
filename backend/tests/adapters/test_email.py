"""Mail by a real conversation with a mail server on loopback."""

import pytest
from pydantic import SecretStr

from app.adapters import email
from app.adapters.email import SmtpMailer
from app.core.config import Settings, SmtpSecurity
from app.services.mail import Mail, verify_mail
from tests.adapters.smtp_sink import SmtpSink, smtp_sink

MAIL = verify_mail("somebody@example.com", "http://localhost:8000/verify-email?token=abc")


def mailer(sink: SmtpSink) -> SmtpMailer:
    return SmtpMailer(
        Settings(
            secret_key=SecretStr("x" * 40),
            smtp_host="127.0.0.1",
            smtp_port=sink.port,
            smtp_security=SmtpSecurity.NONE,
        )
    )


async def test_a_posted_mail_arrives_whole() -> None:
    async with smtp_sink() as sink:
        sender = mailer(sink)
        sender.post(MAIL)
        await sender.settle()
        [mail] = sink.mails
    assert (mail["To"], mail["Subject"]) == (MAIL.to, MAIL.subject)
    assert mail["From"] == "StackAlpha <no-reply@localhost>"
    assert "http://localhost:8000/verify-email?token=abc" in mail.get_content()


@pytest.mark.parametrize("character", ["\n", "\x85", "\u2028", "\u2029"])
async def test_a_name_that_breaks_a_line_neither_stops_a_mail_nor_adds_a_header(character: str) -> None:
    subject = f"Unusual activity: Main{character}Bcc: thief@example.com"
    async with smtp_sink() as sink:
        sender = mailer(sink)
        sender.post(Mail(MAIL.to, subject, MAIL.text))
        await sender.settle()
        [mail] = sink.mails
    assert mail["Subject"] == "Unusual activity: Main Bcc: thief@example.com"
    assert mail["Bcc"] is None


async def test_a_mail_refused_for_now_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email, "RETRY_SECONDS", 0.0)
    async with smtp_sink() as sink:
        sink.failures = 2
        sender = mailer(sink)
        sender.post(MAIL)
        await sender.settle()
    assert len(sink.mails) == 1


async def test_a_mail_that_nobody_takes_is_given_up_without_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email, "RETRY_SECONDS", 0.0)
    async with smtp_sink() as sink:
        sink.failures = 3
        sender = mailer(sink)
        sender.post(MAIL)
        await sender.settle()
    assert sink.mails == []
