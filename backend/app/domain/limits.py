"""Pre-trade review: an order is approved, or refused with every reason at once.

The executor accepts only `ApprovedOrder`, and `review` and `review_batch` here are the only makers of
one. A missing fact is a refusal with a breach of its own: silence never counts as permission. Usage
limits refuse above the limit, loss limits at it. The checks themselves are columnar (`limit_checks`),
so that one wallet and ten thousand are decided by the same text.
"""

from collections.abc import Sequence
from typing import Final

from app.domain.breaches import Breach, BreachDetail
from app.domain.limit_checks import Check, breach_masks, breaches_of_one
from app.domain.limit_figures import describe
from app.domain.limit_measures import Measured, OneAlone, OneOfMany, ReviewedOrder
from app.domain.one_row import one_row
from app.domain.records import Record
from app.domain.review_columns import ReviewColumns
from app.domain.risk_facts import (
    LossWindow,
    MarketFacts,
    OrderIntent,
    ReviewRow,
    ScopeFacts,
    StrategyFacts,
    SymbolFacts,
    UserFacts,
    WalletFacts,
)
from app.domain.risk_limits import LimitError, LimitLevels, RiskLimits, coherence_errors, strictest

FEW: Final = 12
"""So many rows are decided one by one, which is faster than columns of that length."""

__all__ = [
    "ApprovedOrder",
    "Breach",
    "BreachDetail",
    "LimitError",
    "LimitLevels",
    "LossWindow",
    "MarketFacts",
    "OrderIntent",
    "RefusedOrder",
    "ReviewRow",
    "RiskLimits",
    "ScopeFacts",
    "StrategyFacts",
    "SymbolFacts",
    "UserFacts",
    "WalletFacts",
    "coherence_errors",
    "review",
    "review_batch",
    "strictest",
]


class ApprovedOrder(Record, frozen=True):
    """An entry inside every limit. Only this module makes one."""

    intent: OrderIntent


class RefusedOrder(Record, frozen=True):
    """An entry turned down, with every breach found, in the order of `Breach`. Never empty."""

    intent: OrderIntent
    breaches: tuple[BreachDetail, ...]


def review(
    intent: OrderIntent,
    market: MarketFacts,
    wallet: WalletFacts,
    user: UserFacts,
    limits: LimitLevels,
    strategy: StrategyFacts | None = None,
    symbol: SymbolFacts | None = None,
) -> ApprovedOrder | RefusedOrder:
    """Return the verdict on one entry."""
    row = ReviewRow(intent, market, wallet, user, strategy or StrategyFacts(), symbol or SymbolFacts())
    return review_batch([row], [limits])[0]


def review_batch(
    rows: Sequence[ReviewRow], limits: Sequence[LimitLevels]
) -> list[ApprovedOrder | RefusedOrder]:
    """Return the verdict on each row under the limits of the same index.

    Rows are decided each by itself: what one approval uses is not yet used for the next. Rows of the same
    wallet or user belong in separate batches, with the reservation in between.
    """
    if not rows:
        return []
    if len(rows) <= FEW:
        return [_alone(row, held) for row, held in zip(rows, limits, strict=True)]
    measured = Measured(ReviewColumns.of(rows, limits))
    masks = breach_masks(measured)
    return [
        _verdict(row, [check for check, mask in masks.items() if mask[index]], OneOfMany(measured, index))
        for index, row in enumerate(rows)
    ]


def _alone(row: ReviewRow, limits: LimitLevels) -> ApprovedOrder | RefusedOrder:
    order = OneAlone.of_row(one_row(row, limits))
    return _verdict(row, breaches_of_one(order), order)


def _verdict(row: ReviewRow, breaches: Sequence[Check], order: ReviewedOrder) -> ApprovedOrder | RefusedOrder:
    """Approve a row without breaches, or refuse it with the figures of each."""
    if not breaches:
        return ApprovedOrder(row.intent)
    return RefusedOrder(row.intent, tuple([describe(check, row, order) for check in breaches]))
