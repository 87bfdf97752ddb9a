"""Averaging down: where the steps lie, and that the whole ladder never risks more than was meant."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.adding import PlanFigures
from app.domain.decision import decide, decide_batch
from app.domain.ladder import LEAST_SPACING_FRACTION, carried, loss_at_stop, rung_prices
from app.domain.limits import ApprovedOrder
from app.domain.position_size import SizeCap
from app.domain.risk_case import RiskAnswer, RiskCase
from app.domain.risk_facts import OpenTrade
from app.domain.risk_limits import LimitLevels, RiskLimits
from app.domain.types import Side, SizingMethod
from tests.domain.books import Drawing
from tests.domain.examples import INSTRUMENT, INTENT, MARKET, NO_LIMITS, WALLET, codes, with_facts
from tests.domain.test_receipts import CASE, TERMS

D = Decimal
TICK = D("0.1")


def ladder_case(case: RiskCase, steps: int | None, **limits: object) -> RiskCase:
    """The case of an entry with a ladder of at most so many steps, under the user's limits besides."""
    user = with_facts(replace(case.limits.user, enable_dca=True, max_dca_steps=steps), limits)
    held = [case.limits.wallet, case.limits.strategy, case.limits.symbol]
    levels = [replace(one, enable_dca=None, max_dca_steps=None) for one in held]
    return replace(
        case,
        order=replace(case.order, adds=False, ladder_step=None),
        limits=LimitLevels(replace(case.limits.platform, enable_dca=None, max_dca_steps=5), user, *levels),
        terms=replace(case.terms, planned_quantity=None),
        wallet=replace(case.wallet, symbol_is_open=False, open_trade=None),
    )


@pytest.mark.parametrize(
    ("steps", "prices"),
    [
        (0, ["10000"]),
        (1, ["10000", "9900"]),
        (2, ["10000", "9933.4", "9866.7"]),  # on a tick, toward the entry
        (3, ["10000", "9950", "9900", "9850"]),
        (
            20,
            ["10000", *[str(10_000 - 200 * number / 10) for number in range(1, 10)]],
        ),  # 20 are the least apart
    ],
)
def test_steps_lie_evenly_between_the_entry_and_the_stop(steps: int, prices: list[str]) -> None:
    found = rung_prices(Side.LONG, D(10_000), D(9_800), steps, TICK)
    assert found == tuple(map(D, prices))
    mirrored = rung_prices(Side.SHORT, D(10_000), D(10_200), steps, TICK)
    assert mirrored == tuple(20_000 - price for price in found)


@pytest.mark.parametrize(("stop", "count"), [("9960.1", 0), ("9960", 1), ("9940.1", 1), ("9940", 2)])
def test_a_stop_that_is_too_near_has_fewer_steps(stop: str, count: int) -> None:
    assert LEAST_SPACING_FRACTION * 10_000 == 20
    assert len(rung_prices(Side.LONG, D(10_000), D(stop), 2, TICK)) == 1 + count


def test_a_whole_ladder_is_sized_at_once_and_divided_evenly() -> None:
    case = replace(CASE, terms=replace(TERMS, method=SizingMethod.FIXED_PERCENT))
    answer = decide(ladder_case(case, 3))
    rungs = answer.size.rungs
    assert answer.approved
    assert rungs is not None
    assert len(rungs) == 4
    assert len({rung.quantity for rung in rungs}) == 1
    assert answer.size.quantity == sum(rung.quantity for rung in rungs)
    assert answer.size.notional == sum(rung.notional for rung in rungs)
    assert answer.size.risk_amount == sum(rung.risk_amount for rung in rungs)
    budget = TERMS.risk_per_trade_fraction * D(10_000)
    assert answer.size.risk_amount <= budget < answer.size.risk_amount * D("1.05")
    alone = decide(ladder_case(case, 0))
    assert alone.size.rungs is None
    assert rungs[0].quantity < alone.size.quantity < answer.size.quantity
    assert answer.size.risk_reward == alone.size.risk_reward  # of the entry: no step is promised


def test_a_quantity_too_small_to_divide_has_fewer_steps() -> None:
    one_lot = replace(MARKET, instrument=replace(INSTRUMENT, quantity_step=D("0.1"), min_quantity=D("0.1")))
    case = replace(CASE, market=one_lot)
    counts = []
    for percent in ("0.01", "0.008", "0.005", "0.003"):
        sized = replace(case, terms=replace(TERMS, risk_per_trade_fraction=D(percent)))
        size = decide(ladder_case(sized, 5)).size
        counts.append(0 if size.rungs is None else len(size.rungs) - 1)
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


@pytest.mark.parametrize("level", ["user", "wallet", "strategy", "symbol"])
def test_one_level_that_says_no_leaves_an_entry_without_a_ladder(level: str) -> None:
    case = ladder_case(CASE, 2)
    assert decide(case).size.rungs is not None
    no = replace(getattr(case.limits, level), enable_dca=False)
    assert decide(replace(case, limits=replace(case.limits, **{level: no}))).size.rungs is None
    none = replace(getattr(case.limits, level), max_dca_steps=0)
    assert decide(replace(case, limits=replace(case.limits, **{level: none}))).size.rungs is None


def test_the_platforms_ceiling_on_steps_holds() -> None:
    case = ladder_case(CASE, None)
    size = decide(case).size
    assert size.rungs is not None
    assert len(size.rungs) == 1 + 5


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"max_position_size_usd": D(500)}, SizeCap.MAX_POSITION_SIZE_USD),
        ({"max_risk_per_trade_fraction": D("0.002")}, SizeCap.MAX_RISK_PER_TRADE),
        ({"max_leverage": 1}, SizeCap.MAX_LEVERAGE),
    ],
)
def test_every_cap_holds_for_the_whole_ladder(limits: dict[str, object], code: SizeCap) -> None:
    case = replace(CASE, terms=replace(TERMS, risk_per_trade_fraction=D("0.5")))
    answer = decide(ladder_case(case, 3, **limits))
    assert answer.size.binding_cap is code
    assert answer.approved
    rungs = answer.size.rungs
    assert rungs is not None
    if code is SizeCap.MAX_POSITION_SIZE_USD:
        assert sum(rung.notional for rung in rungs) <= 500


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 5))
def test_the_whole_ladder_at_its_stop_never_loses_more_than_the_budget_or_a_limit(
    seed: int, steps: int
) -> None:
    case = ladder_case(Drawing(seed).case(), steps)
    (verdict,) = decide_batch([case])
    size, instrument, stop = verdict.intent.size, case.market.instrument, case.order.stop_price
    if size.rungs is None or instrument is None or stop is None or case.wallet.equity is None:
        return
    slip = case.order.slippage_allowance_fraction
    lost = sum(loss_at_stop(rung.quantity, rung.price, stop, instrument, slip) for rung in size.rungs)
    assert lost == size.risk_amount
    budget = None if size.steps is None else size.steps.budget
    assert budget is None or lost <= budget
    if isinstance(verdict, ApprovedOrder):
        limits = case.limits.per_trade()
        if limits.max_risk_per_trade_fraction is not None:
            assert lost <= limits.max_risk_per_trade_fraction * case.wallet.equity
        if limits.max_position_size_usd is not None:
            assert sum(rung.notional for rung in size.rungs) <= limits.max_position_size_usd
        assert sum(rung.quantity for rung in size.rungs) <= instrument.max_quantity
    assert all(rung.quantity % instrument.quantity_step == 0 for rung in size.rungs)
    sign = case.order.side.sign
    levels = [sign * rung.price for rung in size.rungs]
    assert levels == sorted(levels, reverse=True)
    assert len(set(levels)) == len(levels) <= 1 + steps
    assert levels[-1] > sign * stop


_CAPS = ("max_position_size_usd", "max_position_size_fraction", "max_risk_per_trade_fraction")
_SUMS = ("max_open_risk_fraction", "max_portfolio_heat_fraction", "max_single_asset_exposure_fraction")
_PART = st.decimals("0.01", "0.99", places=2)


def tightened(seed: int, steps: int, name: str, part: Decimal) -> tuple[RiskAnswer, RiskAnswer]:
    """The answers under a limit, and under a part of it."""
    case = ladder_case(Drawing(seed).case(), steps)
    held = getattr(case.limits.per_trade(), name)
    loose = D(10) if held is None else held
    wide, tight = [decide(ladder_case(case, steps, **{name: one})) for one in (loose, loose * part)]
    return wide, tight


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 5), name=st.sampled_from(_CAPS), part=_PART)
def test_a_tighter_cap_never_sizes_a_larger_ladder(seed: int, steps: int, name: str, part: Decimal) -> None:
    wide, tight = tightened(seed, steps, name, part)
    assert tight.size.notional <= wide.size.notional
    assert tight.size.risk_amount <= wide.size.risk_amount


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 5), name=st.sampled_from(_SUMS), part=_PART)
def test_a_tighter_limit_on_sums_never_approves_more(seed: int, steps: int, name: str, part: Decimal) -> None:
    wide, tight = tightened(seed, steps, name, part)
    assert tight.size == wide.size
    assert wide.approved or not tight.approved


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 5))
def test_fewer_steps_never_risk_more_than_the_budget_of_more(seed: int, steps: int) -> None:
    case = Drawing(seed).case()
    for count in (steps, steps - 1):
        answer = decide(ladder_case(case, count))
        budget = None if answer.size.steps is None else answer.size.steps.budget
        assert budget is None or answer.size.risk_amount <= budget + D("1e-8")


@given(
    price=st.decimals("0.5", "2", places=4),
    stop=st.decimals("0.1", "0.45", places=4),
    quantity=st.integers(1, 10_000),
    planned=st.decimals("0.5", "2", places=4),
)
def test_a_step_never_takes_more_than_was_reserved_for_it(
    price: Decimal, stop: Decimal, quantity: int, planned: Decimal
) -> None:
    held = replace(INSTRUMENT, quantity_step=D(1))
    reserved = PlanFigures(
        quantity=D(quantity),
        entry_price=planned,
        notional=D(quantity) * planned,
        risk_amount=loss_at_stop(D(quantity), planned, stop, held, D("0.0005")),
        stop_price=stop,
    )
    fits = carried(reserved, price=price, stop_price=stop, instrument=held, slippage_fraction=D("0.0005"))
    assert 0 <= fits <= quantity
    assert fits * price <= reserved.notional
    assert loss_at_stop(fits, price, stop, held, D("0.0005")) <= reserved.risk_amount
    if price <= planned:
        assert fits == quantity


@pytest.mark.parametrize(
    ("step", "limits", "code"),
    [
        (1, RiskLimits(enable_dca=True, max_dca_steps=1), []),
        (2, RiskLimits(enable_dca=True, max_dca_steps=1), ["max_dca_steps"]),
        (1, RiskLimits(enable_dca=False), ["dca_not_enabled"]),
        (1, RiskLimits(enable_pyramiding=True), ["dca_not_enabled"]),
    ],
)
def test_a_step_needs_its_own_switch_and_no_profit(step: int, limits: RiskLimits, code: list[str]) -> None:
    losing = replace(
        WALLET,
        symbol_is_open=True,
        open_trade=OpenTrade(
            side=Side.LONG,
            entry_price=D(10_500),
            quantity=D("0.1"),
            notional=D(1_000),
            risk_amount=D(70),
            additions=9,
        ),
    )
    asked = replace(INTENT, adds=True, ladder_step=step)
    assert codes(intent=asked, wallet=losing, limits=replace(NO_LIMITS, user=limits)) == code
