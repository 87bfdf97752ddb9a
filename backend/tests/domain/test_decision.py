"""A case before the rules: what its size is asked of, and what the order learns on the way."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from app.domain.breaches import Breach
from app.domain.decision import answer_of, decide, decide_batch, intent_of, propose_case_sizes
from app.domain.limits import FEW
from app.domain.position_size import Rung, SizeRefusal
from app.domain.risk_case import RiskCase, SizingTerms
from app.domain.risk_facts import EntryOrder, MarketFacts, WalletFacts
from app.domain.risk_limits import RiskLimits
from app.domain.types import SizingMethod
from tests.domain.examples import (
    HELD,
    INSTRUMENT,
    INTENT,
    MARKET,
    NO_LIMITS,
    SIZE,
    STRATEGY,
    SYMBOL_FACTS,
    USER,
    WALLET,
)

ORDER = EntryOrder(**{field.name: getattr(INTENT, field.name) for field in fields(EntryOrder)})
CASE = RiskCase(
    order=ORDER,
    terms=SizingTerms(
        method=SizingMethod.FIXED_AMOUNT,
        leverage=10,
        risk_per_trade_fraction=Decimal("0.01"),
        fixed_amount_usd=Decimal(500),
    ),
    market=replace(MARKET, instrument=replace(INSTRUMENT, maintenance_margin_fraction=Decimal("0.004"))),
    wallet=WALLET,
    user=USER,
    limits=NO_LIMITS,
    strategy=STRATEGY,
    symbol=SYMBOL_FACTS,
)


def test_the_liquidation_price_is_reckoned_where_it_is_not_told() -> None:
    assert intent_of(CASE, SIZE).liquidation_price == Decimal("9036.14457831")
    told = replace(CASE, order=replace(ORDER, liquidation_price=Decimal(9_100)))
    assert intent_of(told, SIZE).liquidation_price == 9_100
    nowhere = replace(CASE, market=replace(MARKET, instrument=None))
    assert intent_of(nowhere, SIZE).liquidation_price is None


def test_a_case_inside_every_limit_is_approved_with_its_size() -> None:
    answer = decide(CASE)
    assert (answer.breaches, answer.size.quantity) == ((), Decimal("0.05"))


@pytest.mark.parametrize(
    ("wallet", "market", "order", "refusal"),
    [
        (WALLET, replace(MARKET, instrument=None), ORDER, SizeRefusal.INSTRUMENT_UNKNOWN),
        (WALLET, MARKET, replace(ORDER, stop_price=None), SizeRefusal.STOP_WRONG_SIDE),
        (replace(WALLET, notional=None), MARKET, ORDER, SizeRefusal.EXPOSURE_UNKNOWN),
        (replace(WALLET, reserved_notional=None), MARKET, ORDER, SizeRefusal.EXPOSURE_UNKNOWN),
        (replace(WALLET, free_margin=None), MARKET, ORDER, SizeRefusal.FREE_MARGIN_UNKNOWN),
        (replace(WALLET, reserved_margin=None), MARKET, ORDER, SizeRefusal.FREE_MARGIN_UNKNOWN),
    ],
)
def test_a_fact_that_sizing_needs_and_nobody_knows_is_size_zero(
    wallet: WalletFacts, market: MarketFacts, order: EntryOrder, refusal: SizeRefusal
) -> None:
    answer = decide(replace(CASE, wallet=wallet, market=market, order=order))
    assert (answer.size.quantity, answer.size.refusal) == (Decimal(0), refusal)
    assert answer.breaches != ()


def test_pending_entries_take_free_margin_from_the_size() -> None:
    wallet = replace(WALLET, free_margin=Decimal(100), reserved_margin=Decimal(70))
    assert decide(replace(CASE, wallet=wallet)).size.quantity == Decimal("0.03")


def test_pending_entries_count_against_the_leverage_of_the_size() -> None:
    wallet = replace(WALLET, notional=Decimal(8_000), reserved_notional=Decimal(1_700))
    limits = replace(NO_LIMITS, wallet=RiskLimits(max_leverage=1))
    assert decide(replace(CASE, wallet=wallet, limits=limits)).size.quantity == Decimal("0.03")


def test_an_add_is_sized_beside_what_is_held() -> None:
    adding = replace(
        CASE,
        order=replace(ORDER, adds=True),
        wallet=replace(WALLET, symbol_is_open=True, open_trade=HELD),
        limits=replace(
            NO_LIMITS,
            user=RiskLimits(enable_pyramiding=True, max_position_size_usd=Decimal(1_300)),
        ),
    )
    assert decide(adding).size.quantity == Decimal("0.03")
    unknown = replace(adding.wallet, open_trade=replace(HELD, notional=None))
    answer = decide(replace(adding, wallet=unknown))
    assert answer.size.refusal is SizeRefusal.EXPOSURE_UNKNOWN


@pytest.mark.parametrize(("held", "added"), [("1.9", "0.1"), ("1.99", "0.01"), ("2", "0"), ("2.1", "0")])
def test_a_position_stays_within_what_one_stop_and_one_exit_can_carry(held: str, added: str) -> None:
    case = replace(
        CASE,
        order=replace(ORDER, adds=True),
        market=replace(MARKET, instrument=replace(INSTRUMENT, max_quantity=Decimal(2))),
        wallet=replace(WALLET, symbol_is_open=True, open_trade=replace(HELD, quantity=Decimal(held))),
        terms=replace(CASE.terms, fixed_amount_usd=Decimal(5_000)),
    )
    assert propose_case_sizes([case])[0].quantity == Decimal(added)


def test_nothing_is_added_to_a_position_of_unknown_quantity() -> None:
    unknown = replace(WALLET, symbol_is_open=True, open_trade=replace(HELD, quantity=None))
    (size,) = propose_case_sizes([replace(CASE, order=replace(ORDER, adds=True), wallet=unknown)])
    assert (size.quantity, size.refusal) == (Decimal(0), SizeRefusal.EXPOSURE_UNKNOWN)


STEP = Rung(price=Decimal(9_900), quantity=Decimal("0.05"), notional=Decimal(495), risk_amount=Decimal(5))
RESERVED = replace(CASE, terms=replace(CASE.terms, planned_steps=(STEP, STEP)))
DEAR = replace(MARKET, instrument=replace(INSTRUMENT, taker_fee_rate=Decimal("0.001")))


@pytest.mark.parametrize(("free", "entered"), [("130.29", "0.03"), ("130.28", "0.029")])
def test_the_steps_behind_an_entry_take_their_margin_and_fee_first(free: str, entered: str) -> None:
    """Steps of 990 take 99 of margin and 0.99 of fee; each hundredth of a coin of the entry 10.1."""
    case = replace(RESERVED, wallet=replace(WALLET, free_margin=Decimal(free)), market=DEAR)
    assert propose_case_sizes([case])[0].quantity == Decimal(entered) + Decimal("0.1")
    beside = replace(case.wallet, free_margin=Decimal(free) + 7, reserved_margin=Decimal(7))
    assert propose_case_sizes([replace(case, wallet=beside)])[0].quantity == Decimal(entered) + Decimal("0.1")


def test_the_steps_behind_an_entry_count_against_the_leverage_of_its_size() -> None:
    """8 000 held, 710 pending and 990 of steps leave 300 of an equity of 10 000."""
    wallet = replace(WALLET, notional=Decimal(8_000), reserved_notional=Decimal(710))
    limits = replace(NO_LIMITS, wallet=RiskLimits(max_leverage=1))
    (size,) = propose_case_sizes([replace(RESERVED, wallet=wallet, limits=limits)])
    assert size.quantity == Decimal("0.13")


@pytest.mark.parametrize(("risk", "added"), [("10", "0.025"), ("15", "0"), ("0", "0.05"), (None, "0.05")])
def test_what_a_position_may_lose_is_taken_from_what_an_addition_may(risk: str | None, added: str) -> None:
    """A trade may lose 15 of 10 000, and an addition 200 a coin; one whose risk nobody knows is refused later."""
    held = replace(HELD, risk_amount=None if risk is None else Decimal(risk))
    case = replace(
        CASE,
        order=replace(ORDER, adds=True),
        wallet=replace(WALLET, symbol_is_open=True, open_trade=held),
        limits=replace(NO_LIMITS, user=RiskLimits(max_risk_per_trade_fraction=Decimal("0.0015"))),
    )
    assert propose_case_sizes([case])[0].quantity == Decimal(added)


def test_an_addition_without_a_position_is_refused_by_that_name() -> None:
    answer = decide(replace(CASE, order=replace(ORDER, adds=True)))
    assert Breach.PYRAMIDING_WITHOUT_POSITION in {breach.code for breach in answer.breaches}
    assert answer.size.quantity == Decimal("0.05")


def test_an_entry_beside_an_open_trade_of_its_symbol_is_sized_without_it() -> None:
    limits = replace(NO_LIMITS, user=RiskLimits(max_position_size_usd=Decimal(600)))
    beside = replace(CASE, limits=limits, wallet=replace(WALLET, symbol_is_open=True, open_trade=HELD))
    assert propose_case_sizes([beside])[0].quantity == Decimal("0.05")


def test_only_whoever_wants_a_ladder_gets_one_among_others() -> None:
    ladder = replace(CASE, limits=replace(NO_LIMITS, user=RiskLimits(enable_dca=True, max_dca_steps=2)))
    unknown = replace(CASE, market=replace(MARKET, instrument=None))
    cases = [CASE, ladder, unknown, CASE, ladder] * FEW
    together = [answer_of(verdict) for verdict in decide_batch(cases)]
    assert together == [decide(case) for case in cases]
    assert [len(answer.size.rungs or ()) for answer in together] == [0, 3, 0, 0, 3] * FEW
