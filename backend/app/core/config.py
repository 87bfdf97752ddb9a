"""Settings: every knob of the platform, read once from the environment and then frozen.

Names are `STACKALPHA_<FIELD>` except `DATABASE_URL` and `REDIS_URL`, which keep the names hosts give them.
`.env.example` at the root of the repository lists each of them; a test keeps the two alike.
"""

import os
import secrets
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from app.core.key_ring import KeyRing
from app.core.people_settings import Names, PeopleSettings, SmtpSecurity

__all__ = ["SmtpSecurity"]

BACKEND_DIR = Path(__file__).resolve().parents[2]
ROOT_DIR = BACKEND_DIR.parent if (BACKEND_DIR / "pyproject.toml").exists() else Path.cwd()
SECRET_KEY_MIN_LENGTH = 32
EGRESS = "This machine's addresses, comma-separated, that accounts are spread over; empty: any"
DEFAULT_SECRETS = frozenset({"", "change-me", "changeme", "secret", "development"})


class Environment(StrEnum):
    """Where this process runs; `production` refuses everything that was made up for convenience."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class DatabaseRole(StrEnum):
    """The Postgres roles; each process connects as the narrowest one that can do its work."""

    OWNER = "stackalpha_owner"
    API = "stackalpha_api"
    WORKER = "stackalpha_worker"
    SYSTEM = "stackalpha_system"
    ADMIN_RO = "stackalpha_admin_ro"


class PaperFeed(StrEnum):
    """Where the paper exchange takes its prices from."""

    SYNTHETIC = "synthetic"
    REPLAY = "replay"
    LIVE = "live"


class SettingsError(ValueError):
    """The settings cannot be used; the message is one sentence for the operator."""


class Settings(PeopleSettings):
    """All settings of one process. Construct with `load_settings()`; tests pass fields by name."""

    model_config = SettingsConfigDict(
        env_prefix="STACKALPHA_", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    # Where and how this deployment runs
    environment: Environment = Field(
        Environment.DEVELOPMENT, description="development | production; production refuses generated secrets"
    )
    deployment: str = Field(
        "sa",
        pattern=r"^[a-z0-9]{2}$",
        description="Two characters that begin every client order id of this deployment",
    )
    var_dir: Path = Field(
        ROOT_DIR / "var",
        description="Folder of everything that is written: Postgres, Redis, journals, logs, pid files",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Master secret, 32 characters or more; every other key is derived from it."
        " Empty: generated into <var_dir>/secret (development only)",
    )
    key_ring_file: Path | None = Field(
        None, description="Key-encryption keys that rotation wrote, a secret; empty: <var_dir>/key-ring"
    )
    log_level: str = Field(
        "INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG | INFO | WARNING | ERROR"
    )

    # Addresses
    database_url: str = Field(
        "",
        validation_alias="DATABASE_URL",
        repr=False,
        description="postgresql://user:password@host:port/name of a role that may create roles;"
        " empty: embedded Postgres 18",
    )
    redis_url: str = Field(
        "",
        validation_alias="REDIS_URL",
        repr=False,
        description="redis://:password@host:port/0; empty: embedded Redis",
    )
    host: str = Field("127.0.0.1", description="Address on which the API listens")
    port: int = Field(8000, ge=1, le=65535, description="Port on which the API and the web app listen")
    public_url: str = Field(
        "",
        description="Address that browsers use, for links in e-mails and the origin check; empty: http://localhost:<port>",
    )
    trusted_proxies: Names = Field(
        ("127.0.0.1", "::1"),
        description="Addresses or networks, comma-separated, of proxies that tell the client's in X-Forwarded-For;"
        " * where the API is reached through its proxy alone",
    )
    allowed_origins: Names = Field(
        (),
        description="Further origins, comma-separated, that may open the WebSocket beside the public URL",
    )
    frontend_dir: Path = Field(
        ROOT_DIR / "frontend" / "dist",
        description="Built web app that the API serves; an absent folder serves none",
    )

    metrics_port: int = Field(
        0, ge=0, le=65_531, description="First of the ports that serve /metrics, one per process; 0: none"
    )
    metrics_host: str = Field("127.0.0.1", description="Address on which figures are served; inside only")

    # Database
    database_pool_size: int = Field(16, ge=1, le=200, description="Connections per process and role")

    # Venues
    allowed_venues: Names = Field(
        ("paper", "binanceusdm"), description="Exchanges, comma-separated, on which a wallet may be created"
    )
    feed_symbols: Names = Field(
        ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT", "XRP/USDT:USDT", "DOGE/USDT:USDT"),
        description="Markets, comma-separated, whose candles and prices are followed",
    )
    feed_timeframes: Names = Field(
        ("1m", "5m", "15m", "1h", "4h"),
        description="Candle lengths, comma-separated, on which strategies run",
    )
    price_stale_seconds: float = Field(
        5.0,
        gt=0,
        description="Transport age in seconds from which a price is stale: no entries, nothing loosened",
    )
    price_flush_milliseconds: int = Field(
        50,
        ge=1,
        le=1000,
        description="Longest time in milliseconds that prices wait to be published together",
    )

    # Paper exchange
    paper_url: str = Field(
        "http://127.0.0.1:8001",
        description="Address of the paper exchange, also the port on which it listens",
    )
    paper_admin_token: SecretStr = Field(
        SecretStr(""),
        description="Token of the paper exchange's control routes; empty: derived from the secret key",
    )
    paper_feed: PaperFeed = Field(PaperFeed.SYNTHETIC, description="synthetic | replay | live")
    paper_replay_dir: Path | None = Field(None, description="Folder of the files that the replay feed plays")
    paper_live_url: str = Field(
        "", description="Base address of the venue that the live feed follows; empty: Binance USD-M"
    )
    paper_speed: float = Field(
        60.0, gt=0, description="Seconds of market time per second of wall time; the live feed has its own"
    )
    paper_seed: int = Field(7, ge=0, description="Seed of the synthetic market")
    egress_addresses: Names = Field((), description=EGRESS)
    paper_weight_per_minute: int = Field(
        2400,
        ge=100,
        description="Request weight that the paper exchange grants an address per minute; `up` raises it with the"
        " speed of the market",
    )
    paper_history_bars: int | None = Field(
        None, ge=1, description="Bars that exist before the first tick; empty: the feed's own default"
    )

    # Workers
    shard_count: int = Field(
        8, ge=1, le=256, description="Shards over which wallets are spread; one executor leases each"
    )
    sweep_interval_seconds: float = Field(
        5.0, gt=0, description="Time between sweeps that find what a lost message missed"
    )
    receive_window_milliseconds: int = Field(
        2_000,
        ge=100,
        le=60_000,
        description="Signed into every order: how long after it the venue may still accept the order",
    )
    outcome_margin_milliseconds: int = Field(
        1_500,
        ge=1_000,
        le=60_000,
        description="Added to that before an unseen order counts as not accepted;"
        " at least clock offset + the venue's read lag + 1000",
    )
    unprotected_seconds: float = Field(
        15.0, gt=0, description="Longest time without a live stop before a position is left at market"
    )
    execution_log_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days after which whole months of the execution log are dropped; 0 keeps them for ever",
    )
    notification_days: int = Field(
        365,
        ge=0,
        le=36_500,
        description="Days after which what users were told is deleted; 0 keeps it for ever",
    )
    lease_seconds: float = Field(
        3.0,
        ge=1,
        le=60,
        description="Time after which a silent executor's or monitor's shards may be taken over",
    )
    stop_step_r_fraction: float = Field(
        0.1, gt=0, le=1, description="Fraction of R by which a stop improves before the venue's is moved"
    )
    stop_step_seconds: float = Field(
        1.0, ge=0, le=600, description="Least time between two moves of one position's stop at the venue"
    )

    @field_validator(
        "trusted_proxies",
        "allowed_origins",
        "allowed_venues",
        "feed_symbols",
        "feed_timeframes",
        "message_schemes",
        mode="before",
    )
    @classmethod
    def _split_names(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("var_dir", "frontend_dir", "paper_replay_dir", "key_ring_file", "export_dir")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @model_validator(mode="after")
    def _production_is_explicit(self) -> Self:
        if self.environment is not Environment.PRODUCTION:
            return self
        secret = self.secret_key.get_secret_value()
        if secret.lower() in DEFAULT_SECRETS or len(secret) < SECRET_KEY_MIN_LENGTH:
            raise SettingsError(
                "In production STACKALPHA_SECRET_KEY must be set to a secret of your own,"
                f" {SECRET_KEY_MIN_LENGTH} characters or longer."
            )
        return self

    @property
    def is_production(self) -> bool:
        """True when convenience defaults are refused."""
        return self.environment is Environment.PRODUCTION

    @property
    def browser_url(self) -> str:
        """The address that a browser uses, without a slash at the end."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def paper_token(self) -> str:
        """The token of the paper exchange's control routes."""
        return self.paper_admin_token.get_secret_value() or derive_key(self, "paper-admin-token").hex()


def derive_key(settings: Settings, label: str, length: int = 32) -> bytes:
    """A key of `length` bytes for one purpose, by HKDF-SHA256 (RFC 5869) from the master secret.

    Equal labels give equal keys.
    """
    master = settings.secret_key.get_secret_value()
    if not master:
        raise SettingsError(
            "No secret key: construct settings with load_settings() or set STACKALPHA_SECRET_KEY."
        )
    return HKDF(algorithm=SHA256(), length=length, salt=b"stackalpha", info=label.encode()).derive(
        master.encode()
    )


def jwt_key(settings: Settings) -> bytes:
    """The key that signs access tokens."""
    return derive_key(settings, "jwt/1")


def key_ring(settings: Settings) -> KeyRing:
    """The key-encryption keys that wrap what stored credentials are sealed with."""
    path = settings.key_ring_file or settings.var_dir / "key-ring"
    return KeyRing(path, derive_key(settings, "key-encryption/1"))


def role_password(settings: Settings, role: DatabaseRole | str) -> str:
    """The password of a database role, derived from the master secret."""
    return derive_key(settings, f"database-role/{DatabaseRole(role)}", 24).hex()


def role_database_url(settings: Settings, role: DatabaseRole | str) -> str:
    """`postgresql+asyncpg://` address of the configured database for one of the platform's roles."""
    return _with_login(settings, DatabaseRole(role), role_password(settings, role))


def owner_database_url(settings: Settings) -> str:
    """`postgresql+asyncpg://` address with the login that DATABASE_URL itself names; for migrations alone."""
    return _with_login(settings, None, None)


def asyncpg_dsn(url: str) -> str:
    """The same address without SQLAlchemy's driver name, as `asyncpg.connect` takes it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


def _with_login(settings: Settings, user: str | None, password: str | None) -> str:
    if not settings.database_url:
        raise SettingsError("DATABASE_URL is empty: start the embedded Postgres with `stackalpha services`.")
    parts = urlsplit(settings.database_url)
    login, _, address = parts.netloc.rpartition("@")
    if user is not None:
        login = f"{quote(user, safe='')}:{quote(password or '', safe='')}"
    elif not login:
        raise SettingsError("DATABASE_URL names no user: this process may not act as the owner.")
    query = [("ssl" if name == "sslmode" else name, value) for name, value in parse_qsl(parts.query)]
    return urlunsplit(("postgresql+asyncpg", f"{login}@{address}", parts.path, urlencode(query), ""))


def load_settings() -> Settings:
    """Settings from the environment and `.env`, with the master secret read or, in development, created."""
    try:
        settings = Settings(_env_file=ROOT_DIR / ".env")
    except ValidationError as error:
        raise SettingsError(" ".join(_sentence(dict(fault)) for fault in error.errors())) from error
    if settings.secret_key.get_secret_value():
        return settings
    secret = _read_or_create_secret(settings.var_dir / "secret")
    return settings.model_copy(update={"secret_key": SecretStr(secret)})


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, loaded once."""
    return load_settings()


def _sentence(fault: dict[str, object]) -> str:
    location, message = fault["loc"], str(fault["msg"]).removeprefix("Value error, ").rstrip(".")
    if not isinstance(location, tuple) or not location:
        return f"{message}."
    name = str(location[0])
    return f"{name if name.isupper() else 'STACKALPHA_' + name.upper()} cannot be used: {message}."


def _read_or_create_secret(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            fresh = path.with_name(f"{path.name}.{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(48) + "\n")
            try:  # of several processes that start together, one wins and all read its secret
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise SettingsError(f"The secret at {path} cannot be read or created: {error.strerror}.") from error
