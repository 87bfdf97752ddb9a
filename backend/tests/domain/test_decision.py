"""A case before the rules: what its size is asked of, and what the order learns on the way."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from app.domain.decision import decide, intent_of, propose_case_sizes
from app.domain.position_size import SizeRefusal
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
