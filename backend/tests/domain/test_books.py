"""Invariants over random books. `make soak NAME=books` asks the same of many more."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.decision import answer_of, decide, decide_batch, intent_of, propose_case_sizes
from app.domain.limit_table import BY_FIELD
from app.domain.limits import ApprovedOrder, ReviewRow, review, review_batch
from app.domain.risk_case import RiskCase
from app.domain.risk_limits import FIELD_NAMES, RiskLimits
from app.domain.sizing_methods import kelly_risk_fraction
from app.domain.types import SizingMethod
from tests.domain.books import Drawing
from tests.domain.examples import with_facts

SLACK = Decimal("1e-7")  # one unit of the reckoning per term
ROWS = 25


def books(seed: int, count: int = ROWS) -> list[RiskCase]:
    drawing = Drawing(seed, gaps=0.01 if seed % 2 else 0.0)
    return [drawing.case() for _ in range(count)]


def one_row_is_the_batch(cases: list[RiskCase]) -> None:
    """`review` of one row and the columns of many decide alike, to the last figure."""
    together = decide_batch(cases)
    sizes = propose_case_sizes(cases)
    for case, size, verdict in zip(cases, sizes, together, strict=True):
        row = ReviewRow(
            intent_of(case, size), case.market, case.wallet, case.user, case.strategy, case.symbol
        )
        alone = review(row.intent, row.market, row.wallet, row.user, case.limits, row.strategy, row.symbol)
        assert verdict == alone
        assert decide(case) == answer_of(verdict)


def loss_at_the_stop_is_within_budget(cases: list[RiskCase]) -> None:
    """Loss with fees both ways and the slippage allowance, reckoned here in decimals; whole steps."""
    for case, size in zip(cases, propose_case_sizes(cases), strict=True):
        instrument, order, terms = case.market.instrument, case.order, case.terms
        if size.quantity == 0:
            continue
        assert instrument is not None
        assert order.stop_price is not None
        assert case.wallet.equity is not None
        assert size.quantity % instrument.quantity_step == 0
        loss = Decimal(0)
        for quantity, price in [(one.quantity, one.price) for one in size.rungs or ()] or [
            (size.quantity, order.entry_price)
        ]:
            per_unit = abs(price - order.stop_price)
            per_unit += instrument.taker_fee_rate * (price + order.stop_price)
            per_unit += order.slippage_allowance_fraction * order.stop_price
            loss += quantity * per_unit
        fraction = terms.risk_per_trade_fraction
        if terms.method is SizingMethod.KELLY:
            fraction, _ = kelly_risk_fraction(terms.statistics, terms.kelly_fraction, fraction)
        if terms.method is not SizingMethod.FIXED_AMOUNT:
            assert loss <= case.wallet.equity * fraction + SLACK
        most = case.limits.per_trade().max_risk_per_trade_fraction
        if most is not None:
            assert loss <= case.wallet.equity * most + SLACK


def tightening_never_approves_more(cases: list[RiskCase], tighten: Callable[[RiskLimits], RiskLimits]) -> int:
    """Return how many are approved before. No size grows, and an order that was refused stays refused.

    Sized anew, a refused order may pass under a tighter cap, since it is then a smaller order.
    """
    limits = [
        replace(case.limits, user=tighten(case.limits.user), strategy=tighten(case.limits.strategy))
        for case in cases
    ]
    sized = propose_case_sizes(
        [replace(case, limits=tighter) for case, tighter in zip(cases, limits, strict=True)]
    )
    before = decide_batch(cases)
    rows = [
        ReviewRow(verdict.intent, case.market, case.wallet, case.user, case.strategy, case.symbol)
        for case, verdict in zip(cases, before, strict=True)
    ]
    for verdict, size, after in zip(before, sized, review_batch(rows, limits), strict=True):
        assert size.quantity <= verdict.intent.size.quantity
        assert isinstance(verdict, ApprovedOrder) or not isinstance(after, ApprovedOrder)
    return sum(isinstance(verdict, ApprovedOrder) for verdict in before)


def tightened(limits: RiskLimits) -> RiskLimits:
    """Every limit that stands, by a tenth; not the steps of a ladder: fewer of them are another ladder under the same
    budget and caps (`test_ladder`)."""
    changed = {}
    for name in FIELD_NAMES:
        value = getattr(limits, name)
        if value is not None and name != "max_dca_steps":
            factor = Decimal("1.1") if BY_FIELD[name].larger_is_stricter else Decimal("0.9")
            changed[name] = Decimal(value) * factor
    return with_facts(limits, changed)  # counts need not be whole here


@given(seed=st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_one_row_and_many_are_decided_alike(seed: int) -> None:
    one_row_is_the_batch(books(seed))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_the_loss_at_the_stop_is_within_the_budget(seed: int) -> None:
    loss_at_the_stop_is_within_budget(books(seed, 50))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_tightening_never_approves_more(seed: int) -> None:
    tightening_never_approves_more(books(seed), tightened)


def test_random_books_are_both_approved_and_refused() -> None:
    verdicts = decide_batch(books(2, 1_000))
    approved = sum(isinstance(verdict, ApprovedOrder) for verdict in verdicts)
    assert 25 < approved < 950
