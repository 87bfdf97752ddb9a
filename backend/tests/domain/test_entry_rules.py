"""Rules that no number switches off: adding to a position, and where a stop may be."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.breaches import Breach
from app.domain.limits import ApprovedOrder, RefusedOrder, ReviewRow, RiskLimits, review, review_batch
from app.domain.liquidation import liquidation_price
from app.domain.risk_facts import WalletFacts
from app.domain.types import Side
from tests.domain.examples import (
    HELD,
    HOLDING,
    INSTRUMENT,
    INTENT,
    MARKET,
    NO_LIMITS,
    SIZE,
    USER,
    WALLET,
    codes,
    one_limit,
    user_limits,
    with_facts,
)

ADDING = replace(INTENT, adds=True)
PERMITTED = user_limits(RiskLimits(enable_pyramiding=True))


def test_adding_to_a_position_in_profit_that_cannot_lose_is_approved() -> None:
    assert codes(intent=ADDING, wallet=HOLDING, limits=PERMITTED) == []


def test_adding_needs_permission_of_every_level_with_an_opinion() -> None:
    refused = ["pyramiding_not_enabled"]
    assert codes(intent=ADDING, wallet=HOLDING) == refused
    forbidden = replace(PERMITTED, symbol=RiskLimits(enable_pyramiding=False))
    assert codes(intent=ADDING, wallet=HOLDING, limits=forbidden) == refused


@pytest.mark.parametrize(
    "wallet",
    [
        replace(HOLDING, open_trade=None),
        replace(HOLDING, symbol_is_open=False),
        replace(HOLDING, open_trade=replace(HELD, side=Side.SHORT)),
        replace(HOLDING, open_trade=replace(HELD, entry_price=None)),
        replace(HOLDING, open_trade=replace(HELD, quantity=None)),
        replace(HOLDING, open_trade=replace(HELD, risk_amount=None)),
    ],
)
def test_there_must_be_a_known_position_of_its_side_to_add_to(wallet: WalletFacts) -> None:
    found = codes(intent=ADDING, wallet=wallet, limits=PERMITTED)
    assert found == ["pyramiding_without_position"]


@pytest.mark.parametrize(("entry", "refused"), [("9999.9", False), ("10000", True), ("10000.1", True)])
def test_adding_is_only_into_profit(entry: str, refused: bool) -> None:
    wallet = replace(HOLDING, open_trade=replace(HELD, entry_price=Decimal(entry)))
    found = codes(intent=ADDING, wallet=wallet, limits=PERMITTED)
    assert found == (["pyramiding_not_in_profit"] if refused else [])


def test_adding_to_a_short_is_into_a_falling_price() -> None:
    short = replace(ADDING, side=Side.SHORT, stop_price=Decimal(10_200), take_profit_price=Decimal(9_700))
    wallet = replace(HOLDING, open_trade=replace(HELD, side=Side.SHORT, entry_price=Decimal(10_100)))
    assert codes(intent=short, wallet=wallet, limits=PERMITTED) == []
    below = replace(HOLDING, open_trade=replace(HELD, side=Side.SHORT, entry_price=Decimal(9_900)))
    assert codes(intent=short, wallet=below, limits=PERMITTED) == ["pyramiding_not_in_profit"]


@pytest.mark.parametrize(("risk", "refused"), [("0", False), ("0.00000001", True)])
def test_the_position_added_to_can_no_longer_lose(risk: str, refused: bool) -> None:
    wallet = replace(HOLDING, open_trade=replace(HELD, risk_amount=Decimal(risk)))
    found = codes(intent=ADDING, wallet=wallet, limits=PERMITTED)
    assert found == (["pyramiding_stop_at_risk"] if refused else [])


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (RiskLimits(max_position_size_usd=Decimal(1_999)), "max_position_size_usd"),
        (RiskLimits(max_position_size_fraction=Decimal("0.1999")), "max_position_size_percent"),
        (RiskLimits(max_position_size_lots=Decimal("0.199")), "max_position_size_lots"),
    ],
)
def test_what_is_held_counts_against_the_size_of_a_position(limits: RiskLimits, code: str) -> None:
    permitted = replace(PERMITTED, wallet=limits)
    assert codes(intent=ADDING, wallet=HOLDING, limits=permitted) == [code]
    assert codes(limits=permitted) == []


def test_what_is_held_counts_against_the_risk_of_a_position() -> None:
    wallet = replace(HOLDING, open_trade=replace(HELD, risk_amount=Decimal(10)))
    at = replace(PERMITTED, wallet=RiskLimits(max_risk_per_trade_fraction=Decimal("0.003")))
    assert codes(intent=ADDING, wallet=wallet, limits=at) == ["pyramiding_stop_at_risk"]
    above = replace(PERMITTED, wallet=RiskLimits(max_risk_per_trade_fraction=Decimal("0.0029")))
    assert codes(intent=ADDING, wallet=wallet, limits=above) == [
        "max_risk_per_trade",
        "pyramiding_stop_at_risk",
    ]


def test_an_add_is_no_further_position() -> None:
    full = RiskLimits(max_open_positions=1, max_positions_per_symbol=1, max_positions_per_strategy=1)
    wallet = replace(HOLDING, open_positions=1, positions_in_symbol=1, positions_in_strategy=1)
    assert codes(intent=ADDING, wallet=wallet, limits=replace(PERMITTED, wallet=full)) == []
    assert (
        len(codes(wallet=replace(wallet, symbol_is_open=False), limits=replace(PERMITTED, wallet=full))) == 3
    )


@pytest.mark.parametrize(("additions", "refused"), [(0, False), (1, False), (2, True), (None, True)])
def test_how_often_may_be_added_is_limited(additions: int | None, refused: bool) -> None:
    twice = replace(PERMITTED, wallet=RiskLimits(max_adds_per_trade=2))
    wallet = replace(HOLDING, open_trade=replace(HELD, additions=additions))
    unknown = ["pyramiding_without_position"]
    expected = unknown if additions is None else ["max_adds_per_trade"]
    assert codes(intent=ADDING, wallet=wallet, limits=twice) == (expected if refused else [])
    assert codes(limits=twice) == []  # an entry is no addition


def test_a_second_trade_in_a_symbol_that_is_no_add_is_refused() -> None:
    assert codes(wallet=HOLDING, limits=PERMITTED) == ["symbol_already_open"]


@pytest.mark.parametrize(("stop", "off"), [("9800.1", False), ("9800.10", False), ("9800.15", True)])
def test_a_stop_is_on_a_price_tick(stop: str, off: bool) -> None:
    found = codes(intent=replace(INTENT, stop_price=Decimal(stop)))
    assert found == (["stop_off_tick"] if off else [])


def test_a_stop_of_more_ticks_than_can_be_counted_is_off_tick() -> None:
    far = replace(INTENT, side=Side.SHORT, stop_price=Decimal("1e40"), take_profit_price=None)
    assert "stop_off_tick" in codes(intent=far)


@pytest.mark.parametrize(("bound", "refused"), [("0.0199", False), ("0.02", False), ("0.0201", True)])
def test_a_stop_is_as_far_as_the_venue_asks(bound: str, refused: bool) -> None:
    market = replace(MARKET, instrument=replace(INSTRUMENT, min_trigger_distance_fraction=Decimal(bound)))
    assert codes(market=market) == (["stop_outside_venue_bounds"] if refused else [])


@pytest.mark.parametrize(("bound", "refused"), [("0.0201", False), ("0.02", False), ("0.0199", True)])
def test_a_stop_is_as_near_as_the_venue_asks(bound: str, refused: bool) -> None:
    market = replace(MARKET, instrument=replace(INSTRUMENT, max_trigger_distance_fraction=Decimal(bound)))
    assert codes(market=market) == (["stop_outside_venue_bounds"] if refused else [])
    if refused:
        verdict = review(INTENT, market, WALLET, USER, NO_LIMITS)
        assert isinstance(verdict, RefusedOrder)
        (breach,) = verdict.breaches
        assert (breach.code, breach.limit, breach.value) == (
            Breach.STOP_OUTSIDE_VENUE_BOUNDS,
            Decimal(bound) * 100,
            Decimal(2),
        )


@pytest.mark.parametrize("field", ["notional", "margin", "risk_amount"])
@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e12"])
def test_an_order_whose_own_amounts_are_no_numbers_is_refused(field: str, amount: str) -> None:
    size = with_facts(SIZE, {field: Decimal(amount)})
    assert "amount_out_of_range" in codes(intent=replace(INTENT, size=size))


@pytest.mark.parametrize("fact", ["stop_price", "take_profit_price", "entry_price", "signal_price"])
def test_a_price_that_is_no_number_never_approves(fact: str) -> None:
    limits = user_limits(one_limit("min_risk_reward_ratio", Decimal("0.1")))
    intent = with_facts(INTENT, {fact: Decimal("NaN")})
    assert codes(intent=intent, limits=limits) != []


def test_liquidation_of_isolated_margin() -> None:
    rate = Decimal("0.004")
    assert liquidation_price(Side.LONG, Decimal(10_000), 10, rate) == Decimal("9036.14457831")
    assert liquidation_price(Side.SHORT, Decimal(10_000), 10, rate) == Decimal("10956.17529880")
    assert liquidation_price(Side.LONG, Decimal(10_000), 1, rate) == 0
    assert liquidation_price(Side.SHORT, Decimal("0.5"), 1, Decimal(0)) == 1
    for unknown in (None, Decimal("NaN"), Decimal(1), Decimal("-0.1")):
        assert liquidation_price(Side.LONG, Decimal(10_000), 10, unknown) is None
    assert liquidation_price(Side.LONG, Decimal(0), 10, rate) is None
    assert liquidation_price(Side.LONG, Decimal("NaN"), 10, rate) is None
    assert liquidation_price(Side.LONG, Decimal(10_000), 0, rate) is None


def test_whoever_adds_nothing_is_not_asked_about_what_is_held() -> None:
    """Decided in one batch with an add to a position that can still lose."""
    losing = replace(HOLDING, open_trade=replace(HELD, risk_amount=Decimal(1)))
    rows = [ReviewRow(ADDING, MARKET, losing, USER), ReviewRow(INTENT, MARKET, WALLET, USER)]
    added, plain = review_batch(rows, [PERMITTED, PERMITTED])
    assert isinstance(added, RefusedOrder)
    assert [breach.code for breach in added.breaches] == [Breach.PYRAMIDING_STOP_AT_RISK]
    assert isinstance(plain, ApprovedOrder)


def test_a_position_with_an_entry_of_zero_is_none_to_add_to() -> None:
    wallet = replace(HOLDING, open_trade=replace(HELD, entry_price=Decimal(0)))
    assert codes(intent=ADDING, wallet=wallet, limits=PERMITTED) == ["pyramiding_without_position"]


TEN_COINS = replace(MARKET, instrument=replace(INSTRUMENT, contract_size=Decimal(10)))


@pytest.mark.parametrize(
    ("limits", "code", "value"),
    [
        (RiskLimits(max_position_size_usd=Decimal(999)), "max_position_size_usd", "1000"),
        (RiskLimits(max_risk_per_trade_fraction=Decimal("0.0019")), "max_risk_per_trade", "0.2"),
    ],
)
def test_a_contract_of_ten_coins_counts_as_what_it_comes_to(
    limits: RiskLimits, code: str, value: str
) -> None:
    """A hundredth of a contract is a tenth of a coin: 1 000 of notional, 20 at risk, whatever the size says."""
    size = replace(SIZE, quantity=Decimal("0.01"), notional=Decimal(1), risk_amount=Decimal(1))
    verdict = review(replace(INTENT, size=size), TEN_COINS, WALLET, USER, user_limits(limits))
    assert isinstance(verdict, RefusedOrder)
    assert [(breach.code.value, breach.value) for breach in verdict.breaches] == [(code, Decimal(value))]


def test_an_orders_notional_is_rounded_up_where_it_meets_a_limit() -> None:
    # 0.001 coins at 9 999.99999999 come to a hair more than 9.99999999.
    size = replace(SIZE, quantity=Decimal("0.001"), notional=Decimal(0), margin=Decimal(1))
    intent = replace(INTENT, size=size, entry_price=Decimal("9999.99999999"))
    limits = user_limits(RiskLimits(max_position_size_usd=Decimal("9.99999999")))
    assert codes(intent=intent, limits=limits) == ["max_position_size_usd"]


CENTS = Decimal("0.00005")


def test_a_coin_of_half_a_dollar_is_decided_like_any_other() -> None:
    instrument = replace(INSTRUMENT, price_tick=CENTS)
    intent = replace(
        INTENT,
        signal_price=Decimal("0.5"),
        entry_price=Decimal("0.5"),
        stop_price=Decimal("0.49"),
        take_profit_price=Decimal("0.515"),
    )
    market = replace(MARKET, mark_price=Decimal("0.5"), instrument=instrument)
    limits = RiskLimits(
        max_entry_slippage_fraction=Decimal(0),
        max_stop_distance_fraction=Decimal("0.02"),
        min_stop_distance_ticks=200,
    )
    assert codes(intent=intent, market=market, limits=user_limits(limits)) == []
    tighter = replace(limits, max_stop_distance_fraction=Decimal("0.0199"))
    assert codes(intent=intent, market=market, limits=user_limits(tighter)) == ["stop_too_far"]


@pytest.mark.parametrize("fact", ["mark", "stop"])
def test_without_a_price_or_a_stop_its_distance_is_not_known(fact: str) -> None:
    limits = user_limits(RiskLimits(min_stop_distance_ticks=1))
    market = replace(MARKET, mark_price=Decimal(0)) if fact == "mark" else MARKET
    intent = replace(INTENT, stop_price=Decimal(0)) if fact == "stop" else INTENT
    assert "stop_distance_unknown" in codes(intent=intent, market=market, limits=limits)


def test_liquidation_without_a_stop_or_with_an_entry_of_nothing_is_not_known() -> None:
    limits = user_limits(RiskLimits(min_liquidation_buffer_fraction=Decimal("0.005")))
    sound = replace(INTENT, liquidation_price=Decimal(9_000))
    assert codes(intent=sound, limits=limits) == []
    assert codes(intent=replace(sound, liquidation_price=Decimal(0)), limits=limits) == []
    for broken in (replace(sound, stop_price=Decimal(0)), replace(sound, entry_price=Decimal(0))):
        assert "liquidation_unknown" in codes(intent=broken, limits=limits)


def test_a_step_of_the_smallest_unit_takes_every_quantity() -> None:
    market = replace(MARKET, instrument=replace(INSTRUMENT, quantity_step=Decimal("1e-8")))
    intent = replace(INTENT, size=replace(SIZE, quantity=Decimal("0.10000001")))
    assert codes(intent=intent, market=market) == []


@pytest.mark.parametrize("mark", ["9990", "10010"])
def test_the_sentence_of_a_wrong_stop_names_the_price_that_it_must_be_behind(mark: str) -> None:
    verdict = review(
        replace(INTENT, stop_price=Decimal(10_020)),
        replace(MARKET, mark_price=Decimal(mark)),
        WALLET,
        USER,
        NO_LIMITS,
    )
    assert isinstance(verdict, RefusedOrder)
    limits = {breach.code: breach.limit for breach in verdict.breaches}
    assert limits[Breach.STOP_WRONG_SIDE] == min(Decimal(mark), Decimal(10_000))


def test_an_amount_of_the_wallet_beyond_the_range_refuses() -> None:
    assert "amount_out_of_range" in codes(wallet=replace(WALLET, free_margin=Decimal(10) ** 12))
