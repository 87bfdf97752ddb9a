"""Wallets."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from app.domain.types import Environment
from app.schemas.decimal_input import EXACT
from app.schemas.figures import Answer, DecimalText, Instant, Word
from app.schemas.request import PlainText, RequestBody
from app.schemas.risk import OverridesOut, WalletRiskSettingsPatch


def _trimmed(text: str) -> str:
    held = text.strip()
    if not held:
        raise ValueError("a name is needed")
    return held


Name = Annotated[PlainText, Field(min_length=1, max_length=80), AfterValidator(_trimmed)]
Amount = Annotated[
    Decimal,
    Field(gt=0, le=1_000_000_000, max_digits=18, decimal_places=8, description="Quote currency"),
    EXACT,
]
ApiKey = Annotated[PlainText, Field(min_length=8, max_length=200)]
Names = Annotated[list[Annotated[PlainText, Field(min_length=1, max_length=50)]], Field(max_length=50)]


class WalletCreate(RequestBody):
    """A new wallet: a paper account with play money, or an exchange account by its key."""

    name: Name
    venue: Annotated[PlainText, Field(min_length=1, max_length=50)] = Field(examples=["paper"])
    environment: Environment = Environment.PAPER
    api_key: ApiKey | None = Field(None, description="Never shown again")
    api_secret: ApiKey | None = Field(None, description="Never shown again")
    initial_deposit: Amount | None = None


class WalletRename(RequestBody):
    """Another name."""

    name: Name


class Deposit(RequestBody):
    """Play money for a paper wallet."""

    amount: Amount


class Withdrawal(RequestBody):
    """Play money out of a paper wallet."""

    amount: Amount


class TransferOut(Answer):
    """A deposit or withdrawal; `amount` is above zero for both. `occurred_at` is the venue's time."""

    id: int
    kind: Literal["deposit", "withdrawal"]
    amount: DecimalText
    occurred_at: Instant
    reference: str


class TransferPage(Answer):
    """Transfers, newest first; `next_cursor` is null on the last page."""

    items: list[TransferOut]
    next_cursor: str | None


class AutoTradeEnable(WalletRiskSettingsPatch):
    """What to trade, and the wallet's own limits. What is left out stays as it is; a list that was never
    chosen is everything there is."""

    strategies: Names | None = None
    symbols: Names | None = Field(None, examples=[["BTC", "ETH/USDT:USDT"]])
    timeframes: Names | None = None


class SubscriptionsOut(Answer):
    """What the wallet trades when it trades automatically."""

    strategies: list[str]
    symbols: list[str]
    timeframes: list[str]


class WalletOut(Answer):
    """A wallet. Balances are quote currency, null before they were first read; `as_of` is wall time. A live
    wallet whose `live_armed_at` is null opens nothing."""

    id: UUID
    name: str
    venue: Word
    environment: Environment
    status: Annotated[str, Field(pattern="^(active|archived)$")]
    key_last4: str | None
    auto_trade_enabled: bool
    entries_frozen_reason: str | None
    live_armed_at: Instant | None
    subscriptions: SubscriptionsOut
    overrides: OverridesOut
    balance: DecimalText | None
    equity: DecimalText | None
    free_margin: DecimalText | None
    unrealized_pnl: DecimalText | None
    as_of: Instant | None
    open_positions: int
    created_at: Instant


class WalletsOut(Answer):
    """Every wallet, archived ones last."""

    items: list[WalletOut]


class ArmedLimitOut(Answer):
    """A limit as it binds the wallet, in the settings' unit; null where the user has none."""

    name: str
    value: str | None


class ArmingOut(Answer):
    """What arming would mean: the phrase to type, and every limit that will bind."""

    wallet_id: UUID
    wallet_name: str
    armed_at: Instant | None
    phrase: str
    limits: list[ArmedLimitOut]


class ArmRequest(RequestBody):
    """The typed consent."""

    consent: Annotated[PlainText, Field(max_length=80)]
