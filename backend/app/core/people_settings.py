"""Settings about people: how they sign in, how they are told, and how much one of them may have."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode

Names = Annotated[tuple[str, ...], NoDecode]


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class PeopleSettings(BaseSettings):
    """The part of `core.config.Settings` that is about people."""

    # Identity
    access_token_seconds: int = Field(
        600, ge=30, le=600, description="Life of an access token, at most ten minutes"
    )
    refresh_token_days: int = Field(
        30, ge=1, le=365, description="Life of a refresh token since its last rotation"
    )
    step_up_minutes: int = Field(
        10, ge=1, le=120, description="How long a password or a code counts for what asks who sits there"
    )
    smtp_host: str = Field("", description="Mail server; empty: links are printed by `stackalpha link`")
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server")
    smtp_username: str = Field("", description="User of the mail server; empty: no authentication")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password of the mail server")
    smtp_security: SmtpSecurity = Field(SmtpSecurity.STARTTLS, description="none | starttls | tls")
    smtp_from: str = Field("StackAlpha <no-reply@localhost>", description="Sender of every mail")
    telegram_bot_token: SecretStr = Field(
        SecretStr(""), description="Token of the Telegram bot that tells users; empty: no Telegram"
    )
    telegram_bot_name: str = Field(
        "", pattern=r"^[A-Za-z0-9_]{0,32}$", description="Name of that bot without the @, for the link to it"
    )
    telegram_api_url: str = Field("https://api.telegram.org", description="Bot API server")
    message_schemes: Names = Field(
        ("twilio", "vonage", "sns", "clicksend", "msgbird", "sinch", "pover", "discord", "slack"),
        description="Services of Apprise, comma-separated, that users may be told by, beside Telegram and"
        " e-mail; only those whose address no user chooses",
    )

    live_trading: bool = Field(
        False, description="Whether live wallets may be opened on this deployment; each is armed on its own"
    )

    # Quotas of a user
    max_wallets: int = Field(20, ge=1, le=10_000, description="Active wallets that a user may have")
    max_subscriptions: int = Field(
        1_000,
        ge=1,
        le=1_000_000,
        description="Strategies x symbols x timeframes that all wallets of a user may trade automatically, in sum",
    )
    max_exports_per_day: int = Field(
        20, ge=1, le=10_000, description="Exports that a user may ask for within 24 hours"
    )
    max_screenshots: int = Field(
        200, ge=0, le=100_000, description="Screenshots that a user may keep beside trades"
    )
    export_dir: Path | None = Field(
        None,
        description="Folder of exports, shared by the API and the jobs; empty: <var_dir>/exports",
    )
    export_days: int = Field(7, ge=1, le=365, description="Days that an export is kept")
    max_reports_per_day: int = Field(
        20,
        ge=1,
        le=10_000,
        description="Reports that a user may ask for within 24 hours; scheduled ones come on top",
    )
    max_report_schedules: int = Field(
        20,
        ge=0,
        le=1_000,
        description="Wallets and environments that a user may have a report made of every month",
    )
    report_days: int = Field(400, ge=1, le=3_660, description="Days that a report is kept")
    deletion_grace_days: int = Field(
        14, ge=0, le=90, description="Days between asking for an account's deletion and the deletion"
    )
