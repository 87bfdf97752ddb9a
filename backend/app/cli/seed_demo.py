"""The demo user: three paper wallets under different settings, so that a newcomer sees trading at once.

Run again it finds what is there. Wallets that somebody changed or archived since stay as they are.
"""

import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from app.bootstrap.api import ApiParts, open_api
from app.bootstrap.risk import by_the_platform, risk_settings_desk
from app.cli.terminal import CommandError
from app.core.clock import utc_now
from app.core.config import PaperFeed, Settings
from app.core.errors import AppError
from app.core.security import Passwords
from app.domain.types import Environment, SizingMethod
from app.repositories.audit import AuditRepository
from app.repositories.users import SystemSignInLookup, UserRepository
from app.services.idempotency import reference_of
from app.services.trading.risk_settings import Changes
from app.services.wallet_opening import NewWallet
from app.services.wallets import AutoTradeWishes

EMAIL: Final = "demo@stackalpha.local"
FILE_NAME: Final = "demo.json"
DEPOSIT: Final = Decimal(10_000)
OPERATOR: Final = "operator"
A_DAY: Final = timedelta(days=1)
FEED_TIMEFRAMES: Final = {PaperFeed.SYNTHETIC: "15m", PaperFeed.REPLAY: "1h", PaperFeed.LIVE: "15m"}

# Wide enough that the wallets' own, different limits are what binds.
USER_SETTINGS: Final[Changes] = {
    "max_position_size_percent": Decimal(100),
    "max_single_asset_exposure_percent": Decimal(150),
    "max_portfolio_heat": Decimal(300),
    "max_open_risk_percent": Decimal(15),
    "max_open_positions": 11,
    "max_daily_loss_usd": Decimal(1_500),
    "max_daily_loss_percent": Decimal(10),
    "max_weekly_loss_percent": Decimal(30),
    "max_monthly_loss_percent": Decimal(60),
    "min_signal_confidence": Decimal("0.5"),
    # Thirds at 1R, 2R and 3R make 2R before costs, which are a large part of R on bars of fifteen minutes.
    "min_risk_reward_ratio": Decimal(1),
    # Three wallets that follow one signal lose it three times, and the market of the demo moves as one.
    "max_consecutive_losses": 15,
    "max_correlated_positions": 8,
}


@dataclass(frozen=True, slots=True)
class DemoWallet:
    """A wallet of the demo and what it is allowed to do."""

    name: str
    strategies: tuple[str, ...]
    overrides: Changes


WALLETS: Final = (
    DemoWallet(
        "Conservative",
        ("ema_trend",),
        {
            "min_signal_confidence": Decimal("0.75"),
            "position_sizing_method": SizingMethod.FIXED_PERCENT,
            "risk_per_trade_percent": Decimal("0.5"),
            "max_open_positions": 2,
            "max_daily_loss_usd": Decimal(150),
        },
    ),
    DemoWallet(
        "Balanced",
        ("ema_trend", "donchian_breakout"),
        {
            "min_signal_confidence": Decimal("0.65"),
            "position_sizing_method": SizingMethod.FIXED_PERCENT,
            "risk_per_trade_percent": Decimal(1),
            "max_open_positions": 4,
        },
    ),
    DemoWallet(
        "Aggressive",
        ("donchian_breakout", "ema_trend"),
        {
            "min_signal_confidence": Decimal("0.5"),
            "position_sizing_method": SizingMethod.FIXED_AMOUNT,
            "fixed_amount_usd": Decimal(1_500),
            "max_open_positions": 5,
        },
    ),
)


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """With what a visitor of the demo signs in."""

    email: str
    password: str = field(repr=False)


async def seed_demo(settings: Settings, timeframe: str | None = None) -> DemoLogin:
    """Make what is missing of the demo, and give its login. The paper exchange has to answer."""
    if settings.is_production:
        raise CommandError("A demo account has no place in production.")
    login = _login(settings.var_dir / FILE_NAME)
    try:
        async with open_api(settings) as parts:
            user_id = await _user(parts, login)
            for wallet in WALLETS:
                await _wallet(parts, user_id, wallet, timeframe or FEED_TIMEFRAMES[settings.paper_feed])
    except AppError as error:
        raise CommandError(f"The demo account cannot be made: {error.message}") from error
    return login


def _login(path: Path) -> DemoLogin:
    """The login that was made before, or a new one, readable by its owner alone."""
    try:
        held = json.loads(path.read_text())
        return DemoLogin(str(held["email"]), str(held["password"]))
    except (OSError, ValueError, KeyError, TypeError):
        login = DemoLogin(EMAIL, secrets.token_urlsafe(12))
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"email": login.email, "password": login.password}, file)
    fresh.replace(path)
    return login


async def _user(parts: ApiParts, login: DemoLogin) -> UUID:
    """The demo user, whose password is the login's."""
    passwords = Passwords(workers=1)
    try:
        async with parts.database.system() as session:
            account = await SystemSignInLookup(session).by_email(login.email)
        if account is not None and await passwords.matches(account.password_hash, login.password):
            return account.user_id
        password_hash = await passwords.hash(login.password)
    finally:
        passwords.close()
    user_id, now = (uuid4() if account is None else account.user_id), utc_now()
    async with parts.database.tenant(user_id) as session:
        users = UserRepository(session)
        if account is None:
            await users.insert(
                user_id,
                email=login.email,
                password_hash=password_hash,
                time_zone="UTC",
                disclosure_accepted_at=now,
                email_verified_at=now,
            )
            # The demo begins with its settings in force, as if they had been asked for the day before.
            await risk_settings_desk(session, lambda: now - A_DAY, by_the_platform).change(
                user_id, USER_SETTINGS, None
            )
            await risk_settings_desk(session, lambda: now, by_the_platform).apply_due(user_id)
        else:
            await users.set_password(user_id, password_hash)
        await AuditRepository(session).append(user_id, "demo_seeded", {}, now, OPERATOR)
    return user_id


async def _wallet(parts: ApiParts, user_id: UUID, wanted: DemoWallet, timeframe: str) -> None:
    """Open a wallet with its deposit and let it trade, unless that was done before."""
    wallet_id = reference_of(user_id, f"demo-{wanted.name}")
    new = NewWallet(wanted.name, "paper", Environment.PAPER, initial_deposit=DEPOSIT)
    held = await parts.opening.open(user_id, new, wallet_id)
    if held.status != "active" or held.subscriptions.strategies:
        return
    symbols = parts.settings.feed_symbols
    wishes, now = AutoTradeWishes(wanted.strategies, symbols, (timeframe,), {}), utc_now()
    async with parts.database.tenant(user_id) as session:
        # Like the user's own settings, as if they had been asked for the day before.
        await risk_settings_desk(session, lambda: now - A_DAY, by_the_platform).change_wallet(
            user_id, wallet_id, wanted.overrides
        )
        await risk_settings_desk(session, lambda: now, by_the_platform).apply_due(user_id)
        await parts.wallets(session, by_the_platform).enable_auto_trade(user_id, wallet_id, wishes)
