"""Mails that the product writes, and what delivers them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import urlencode


class LinkPurpose(StrEnum):
    """What a mailed link does."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose, not a password


LINK_PATHS: Final = {
    LinkPurpose.VERIFY_EMAIL: "/verify-email",
    LinkPurpose.RESET_PASSWORD: "/reset-password",
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail in plain text."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Delivers mails without keeping the caller waiting; a mail that cannot be delivered is logged."""

    def post(self, mail: Mail) -> None: ...


def link_address(browser_url: str, purpose: LinkPurpose, token: str) -> str:
    """The address that a link points to."""
    return f"{browser_url}{LINK_PATHS[purpose]}?{urlencode({'token': token})}"


def verify_mail(to: str, address: str) -> Mail:
    """Asks for a click that proves the address."""
    return Mail(
        to,
        "Confirm your address",
        "Somebody, you we hope, made a StackAlpha account with this address.\n\n"
        f"Confirm it within 24 hours:\n\n{address}\n\n"
        "If it was not you, do nothing: without the click the account stays shut.\n",
    )


def reset_mail(to: str, address: str) -> Mail:
    """Carries the link to a new password."""
    return Mail(
        to,
        "Set a new password",
        f"Set a new password for your StackAlpha account within an hour:\n\n{address}\n\n"
        "Doing so signs you out everywhere. If you did not ask for it, do nothing.\n",
    )


def already_registered_mail(to: str, browser_url: str) -> Mail:
    """Tells the owner of an account that somebody tried to sign up with the same address."""
    return Mail(
        to,
        "You already have an account",
        "Somebody tried to make a StackAlpha account with this address, which has one.\n\n"
        f"If it was you: sign in at {browser_url}/sign-in, or ask there for a new password.\n"
        "If it was not, nothing happened.\n",
    )
