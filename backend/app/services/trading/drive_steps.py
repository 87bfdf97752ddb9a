"""The words of a trade's driver: one step, the transaction that ends it, and how the trade rests afterwards."""

from dataclasses import dataclass

from app.domain.order_states import Action
from app.models.order import Order
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.entry_preparation import BookNeeded
from app.services.trading.entry_refusals import NotYet
from app.services.trading.gate import Passed
from app.services.trading.trade_case import TradeCase
from app.services.trading.trade_lanes import Urgency


@dataclass(frozen=True, slots=True)
class Rest:
    """The trade is at rest: look again after `seconds` (None: when something happens). `changed` when its
    fills changed, `suspicious` when the venue refused what our books say is possible, `failed` when the venue
    gave no certain answer, or a refusal that time cures: then the wait grows with every time in a row; `urgency`
    says for what else it can wait."""

    seconds: float | None
    changed: bool = False
    suspicious: bool = False
    failed: bool = False
    urgency: Urgency = Urgency.HELD


@dataclass(frozen=True, slots=True)
class Step:
    """One decided step: what, about which order, and for SEND the ticket that passed the gate."""

    action: Action
    order: Order | None
    passed: Passed | None
    leverage: int | None = None
    missing: BookNeeded | NotYet | None = None  # what an entry still needs before the gate


@dataclass(slots=True)
class Writing:
    """A transaction on a locked trade; `case` is what it has become."""

    transaction: TradingTransaction
    case: TradeCase
