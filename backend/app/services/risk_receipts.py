"""Decisions looked at again: a receipt decided anew, and what other settings would have answered."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.core.db import Database
from app.core.errors import NotFoundError
from app.domain.decision import answer_of, decide_batch
from app.domain.defaults import RiskSettingsValues, limits_of
from app.domain.receipts import RULE_VERSION, case_of, rerun
from app.domain.risk_case import RiskAnswer, RiskCase
from app.repositories.decisions import DecisionRecord, DecisionRepository
from app.repositories.risk_settings import RiskSettingsRepository
from app.services.journal import BreachView, DecisionView, decision_view
from app.services.risk_check import ScopedBreachView, view_of
from app.services.trading.loosening import Changes
from app.services.trading.risk_settings import checked_after
from app.services.trading.rulebook import Rulebook, values_of

PREVIEW_DAYS: Final = 90
PREVIEW_MOST: Final = 2000
LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class RerunView:
    """What came of deciding the receipt again: the same bytes, or at least the same answer."""

    stored_rule_version: str
    rule_version: str
    identical: bool
    same_answer: bool


@dataclass(frozen=True, slots=True)
class DecisionDetailView:
    """A decision, its receipt as it was stored, and what the rules of today make of it; None for both where it
    was made before receipts were kept."""

    decision: DecisionView
    receipt: dict[str, object] | None
    rerun: RerunView | None


@dataclass(frozen=True, slots=True)
class ChangedDecisionView:
    """A decision that would have come out otherwise. `breaches` are those of the changed settings."""

    id: UUID
    created_at: datetime
    wallet_id: UUID
    symbol: str
    side: str
    strategy: str
    notional: str | None
    approved_before: bool
    approved_after: bool
    breaches: list[BreachView]


@dataclass(frozen=True, slots=True)
class PreviewView:
    """The change replayed over stored decisions. `considered` were decided again; `without_receipt` were made
    before receipts were kept. `smaller` and `larger` count approvals of another size. Only the newest changed
    decisions are listed."""

    days: int
    considered: int
    without_receipt: int
    truncated: bool
    approved_before: int
    approved_after: int
    blocks: int
    allows: int
    smaller: int
    larger: int
    changed: list[ChangedDecisionView]


class RiskReceipts:
    """Receipts of one user at a time."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def detail(self, user_id: UUID, decision_id: UUID) -> DecisionDetailView:
        """One decision with its receipt, decided again."""
        async with self._database.tenant(user_id) as session:
            found = await DecisionRepository(session).one(user_id, decision_id)
        if found is None:
            raise NotFoundError(f"There is no decision {decision_id}.")
        record, receipt = found
        if receipt is None:
            return DecisionDetailView(decision_view(record), None, None)
        again = rerun(receipt)
        view = RerunView(again.stored_version, RULE_VERSION, again.identical, again.same_answer)
        return DecisionDetailView(decision_view(record), json.loads(receipt), view)

    async def preview(self, user_id: UUID, changes: Changes) -> PreviewView:
        """Replay changed settings of the user over the decisions of the last days. Nothing is stored."""
        async with self._database.tenant(user_id) as session:
            settings = RiskSettingsRepository(session)
            await settings.ensure(user_id)
            current = await settings.one(user_id)
            before = values_of(current)
            after = checked_after(current, changes)
            since = self._now() - timedelta(days=PREVIEW_DAYS)
            found = await DecisionRepository(session).since(user_id, since, PREVIEW_MOST + 1)
            own = await settings.of_wallets(user_id)
        overrides = {row.wallet_id: values_of(row) for row in own}
        truncated = len(found) > PREVIEW_MOST
        return await asyncio.to_thread(
            _replayed, found[:PREVIEW_MOST], before, after, overrides, truncated=truncated
        )


def _replayed(
    found: Sequence[tuple[DecisionRecord, bytes | None]],
    before: RiskSettingsValues,
    after: RiskSettingsValues,
    overrides: dict[UUID, RiskSettingsValues],
    *,
    truncated: bool,
) -> PreviewView:
    """Decide every case twice: under the user's settings of now, and under the changed ones."""
    records = [record for record, receipt in found if receipt is not None]
    stored = [case_of(receipt) for _, receipt in found if receipt is not None]
    none = RiskSettingsValues()
    as_was = [
        _with_user(case, before, overrides.get(one.wallet_id, none))
        for one, case in zip(records, stored, strict=True)
    ]
    as_asked = [
        _with_user(case, after, overrides.get(one.wallet_id, none))
        for one, case in zip(records, stored, strict=True)
    ]
    answers = list(zip(records, as_asked, _answers(as_was), _answers(as_asked), strict=True))
    both = [
        (was.size.notional, asked.size.notional)
        for _, _, was, asked in answers
        if was.approved and asked.approved
    ]
    changed = [_changed(*one) for one in answers if one[2].approved is not one[3].approved]
    return PreviewView(
        days=PREVIEW_DAYS,
        considered=len(records),
        without_receipt=len(found) - len(records),
        truncated=truncated,
        approved_before=sum(was.approved for _, _, was, _ in answers),
        approved_after=sum(asked.approved for _, _, _, asked in answers),
        blocks=sum(one.approved_before for one in changed),
        allows=sum(one.approved_after for one in changed),
        smaller=sum(asked < was for was, asked in both),
        larger=sum(asked > was for was, asked in both),
        changed=changed[:LISTED],
    )


def _answers(cases: Sequence[RiskCase]) -> list[RiskAnswer]:
    return [answer_of(verdict) for verdict in decide_batch(cases)] if cases else []


def _with_user(case: RiskCase, user: RiskSettingsValues, own: RiskSettingsValues) -> RiskCase:
    """The case as it would have been under these settings of the user; the wallet's own opinions stay."""
    limits = replace(case.limits, user=replace(limits_of(user), paused=case.limits.user.paused))
    book = Rulebook(user, own, limits, limits.per_trade().max_leverage)
    instrument = case.market.instrument
    terms = replace(
        case.terms,
        method=book.sizing_method,
        leverage=case.terms.leverage if instrument is None else book.leverage(instrument.max_leverage),
        risk_per_trade_fraction=book.risk_per_trade_fraction,
        fixed_amount_usd=book.fixed_amount_usd,
        kelly_fraction=book.kelly_fraction,
    )
    order = case.order
    if not order.adds:  # what is added to was made in its own manner
        order = replace(order, scales_out=book.scale_out_enabled)
    return replace(case, order=order, limits=limits, terms=terms)


def _changed(
    record: DecisionRecord, case: RiskCase, was: RiskAnswer, asked: RiskAnswer
) -> ChangedDecisionView:
    view = view_of(case, asked, record.created_at)
    sized = asked if asked.approved else was
    return ChangedDecisionView(
        id=record.id,
        created_at=record.created_at,
        wallet_id=record.wallet_id,
        symbol=record.symbol,
        side=record.side,
        strategy=record.strategy,
        notional=None if sized.size.notional == 0 else f"{sized.size.notional:f}",
        approved_before=was.approved,
        approved_after=asked.approved,
        breaches=[_plain_breach(one) for one in view.breaches],
    )


def _plain_breach(one: ScopedBreachView) -> BreachView:
    return BreachView(one.code, one.message, one.limit, one.value)
