"""Executors that are wrong on purpose: what the crash test must not forgive."""

from dataclasses import replace
from datetime import datetime

from app.bootstrap import trading as bootstrap
from app.bootstrap.trading import terms_of
from app.core.config import Settings
from app.core.crash_points import crash_point
from app.domain.trade_actions import Action
from app.domain.venue import PlaceOutcome
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading import account_queue
from app.services.trading.drive_steps import Step
from app.services.trading.gate import Passed
from app.services.trading.terms import TradingTerms
from app.services.trading.trade_case import TradeCase, crash_leg
from app.services.trading.trade_driver import TradeDriver

MUTANTS = ("send_first", "small_margin")


class SendFirst(TradeDriver):
    """Sends before it has committed that it sends."""

    _answer: PlaceOutcome | None = None

    async def _prepare(
        self, transaction: TradingTransaction, case: TradeCase, action: Action, now: datetime
    ) -> Step | None:
        step = await super()._prepare(transaction, case, action, now)
        if step is not None and step.passed is not None:
            self._answer = await super()._place(step.passed)
            crash_point(f"after_response_{crash_leg(step.passed.order)}")
        return step

    async def _place(self, passed: Passed) -> PlaceOutcome:
        assert self._answer is not None, passed
        return self._answer


def apply(mutant: str) -> None:
    """Put the mutant in the place of what it imitates, in this process."""
    match mutant:
        case "send_first":
            setattr(account_queue, "TradeDriver", SendFirst)  # noqa: B010 - it is imported there, not exported
        case "small_margin":
            setattr(bootstrap, "terms_of", _with_small_margin)  # noqa: B010
        case _:
            raise ValueError(f"there is no mutant {mutant}")


def _with_small_margin(settings: Settings) -> TradingTerms:
    """No time for the clock's offset, the venue's lag or a late arrival: less than the settings allow."""
    return replace(terms_of(settings), outcome_margin_ms=0)
