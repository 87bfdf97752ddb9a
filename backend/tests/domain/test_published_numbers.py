"""The numbers that the product has published: whoever changes one changes what people were told."""

from datetime import timedelta
from decimal import Decimal

import pytest

from app.domain.anomaly import HOURS_OF_DAY
from app.domain.attribution import NEVER
from app.domain.breaker_rules import BreakerTerms
from app.domain.client_order_id import LENGTH, MAX_ATTEMPT
from app.domain.clock_offset import ALARM_OFFSET_MS, MAX_ENTRY_OFFSET_MS
from app.domain.correlation import DAILY_RETURNS, HOURLY_RETURNS, MIN_DAILY_RETURNS
from app.domain.execution_settings import BOUNDS, LARGEST, ExecutionSettings, SlippageUnit
from app.domain.funding_exit import LEAD_MS
from app.domain.metrics import uncertainty
from app.domain.notification_events import EVENT_KINDS
from app.domain.notification_rules import GIVE_UP_AFTER, MINUTES_PER_DAY, REPEATS_WITHIN
from app.domain.position_health import HEALTHY_FROM, HYSTERESIS, SCALES, WEAK_BELOW, HealthPart
from app.domain.refresh_chain import GRACE, LOST_ANSWER
from app.domain.signals.registry import MAX_WARM_UP_BARS, STRATEGIES
from app.domain.sweep_budget import TRADES_OF_SYMBOL, account_weight, average_weight
from app.domain.system_health import LEAST_VENUE_CALLS, LIMITS, Gauge
from app.domain.timeframes import Timeframe
from app.domain.trade_actions import OrderView, TradeView
from app.domain.trade_steps import (
    MAX_ENTRY_ATTEMPTS,
    MAX_EXIT_ATTEMPTS,
    MAX_SCALE_OUT_FAILURES,
    MAX_STOP_ATTEMPTS,
    MAX_STOP_FAILURES,
    MAX_WORKED_ENTRIES,
)
from app.domain.trading_hours import MOST_FUNDING_MINUTES, MOST_LEAVING_MINUTES, TradingSchedule
from app.domain.types import OrderLeg, OrderSide, OrderStatus, Side, TradeStatus
from app.domain.venue import ORDERS_A_REQUEST, BudgetSpentError, OrderTicket, Refused, TimeInForce

D = Decimal


def test_when_breakers_trip_and_venues_are_tried_again() -> None:
    assert BreakerTerms() == BreakerTerms(
        look_back=timedelta(minutes=5),
        least_orders=10,
        max_reject_share=D("0.5"),
        max_slippage_bps=D(100),
        max_user_orders_per_minute=120,
        max_platform_orders_per_minute=12_000,
        max_price_age=timedelta(seconds=15),
        max_failed_probes=3,
        max_clock_offset=timedelta(seconds=2),
        max_naked=timedelta(seconds=20),
        max_troubled_share=D("0.2"),
        least_troubled=3,
        probe_successes=3,
        probe_pause=timedelta(seconds=5),
        longest_probe_pause=timedelta(minutes=5),
    )


@pytest.mark.parametrize(
    ("part", "weight", "bad", "good", "text"),
    [
        (HealthPart.STOP_DISTANCE, 0.30, 0.0, 1.0, "0.50 R away from its stop"),
        (HealthPart.AGE, 0.10, 3.0, 1.0, "open for 0.5 times the usual time"),
        (HealthPart.SIGNAL, 0.20, 0.0, 0.6, "its strategy now gives it 0.50"),
        (HealthPart.VOLATILITY, 0.10, 3.0, 1.2, "volatility is 0.5 times that at entry"),
        (HealthPart.FUNDING, 0.10, 0.10, 0.0, "funding costs 0.500 R a day"),
        (HealthPart.LIQUIDATION, 0.15, 1.0, 3.0, "liquidation is 0.5 times as far as the stop"),
        (HealthPart.CROWDING, 0.05, 1.0, 0.0, "50% of the allowed correlated positions"),
    ],
)
def test_what_each_part_of_a_positions_health_counts_for(
    part: HealthPart, weight: float, bad: float, good: float, text: str
) -> None:
    (scale,) = [one for one in SCALES if one.part is part]
    assert (scale.weight, scale.bad, scale.good, scale.text.format(0.5)) == (weight, bad, good, text)


def test_the_bands_of_health() -> None:
    assert (HEALTHY_FROM, WEAK_BELOW, HYSTERESIS) == (70, 40, 3)


def test_when_the_platform_alarms() -> None:
    assert LIMITS == {
        Gauge.CPU: 80,
        Gauge.MEMORY: 80,
        Gauge.DISK: 90,
        Gauge.SILENCE: 20,
        Gauge.LOOP_LAG: 1_000,
        Gauge.QUEUE_AGE: 30,
        Gauge.PRICE_AGE: 15,
        Gauge.VENUE_ERRORS: 20,
    }
    assert LEAST_VENUE_CALLS == 10
    assert (ALARM_OFFSET_MS, MAX_ENTRY_OFFSET_MS) == (500, 1_000)


def test_how_orders_are_carried_out_until_asked_otherwise() -> None:
    assert ExecutionSettings() == ExecutionSettings(
        max_slippage_bps=D(30),
        max_deviation_bps=D(50),
        retry_attempts=3,
        retry_delay_seconds=D(1),
        execution_timeout_seconds=D(30),
        use_market_orders=True,
        confirm_trades=False,
        confirm_seconds=120,
    )
    assert LARGEST == {
        SlippageUnit.BPS: 1_000,
        SlippageUnit.PERCENT: 10,
        SlippageUnit.POINTS: 100_000,
    }
    assert {
        "retry_attempts": (D(0), D(10)),
        "retry_delay_seconds": (D("0.1"), D(60)),
        "execution_timeout_seconds": (D(1), D(600)),
        "confirm_seconds": (D(10), D(3_600)),
    } == BOUNDS


def test_how_often_an_order_is_tried() -> None:
    assert (MAX_ENTRY_ATTEMPTS, MAX_WORKED_ENTRIES, MAX_EXIT_ATTEMPTS) == (3, 100, 60)
    assert (MAX_STOP_FAILURES, MAX_STOP_ATTEMPTS, MAX_SCALE_OUT_FAILURES) == (3, 1_200, 5)
    assert (LENGTH, MAX_ATTEMPT) == (32, 1_295)


def test_what_is_true_of_a_trade_and_an_order_until_it_is_said() -> None:
    trade = TradeView(
        status=TradeStatus.INTENT, side=Side.LONG, quantity=D(1), entered_quantity=D(0), stop_price=None
    )
    said = (trade.may_enter, trade.unprotected_too_long, trade.entry_worked, trade.adding)
    assert said == (True, False, False, False)
    assert [trade.scale_out_quantity, trade.exits_forgiven] == [0, 0]
    assert trade.exit_reason is None
    order = OrderView(
        client_order_id="",
        leg=OrderLeg.ENTRY,
        attempt=1,
        status=OrderStatus.INTENT,
        quantity=D(1),
        filled_quantity=D(0),
        recorded_quantity=D(0),
    )
    assert (order.would_trigger, order.would_take, order.failed_lately) == (False, False, False)


def test_what_comparing_an_account_weighs() -> None:
    assert account_weight(3, every_order=False) == 5 + 5 + 3 * 2
    assert account_weight(3, every_order=True) == 16 + 80 + 30
    assert average_weight(3) == 16 + 110 / 20
    assert TRADES_OF_SYMBOL == 5


def test_how_much_history_a_correlation_takes() -> None:
    assert (DAILY_RETURNS, HOURLY_RETURNS, MIN_DAILY_RETURNS) == (60, 14 * 24, 30)


def test_times_that_the_product_keeps_to() -> None:
    assert (timedelta(seconds=10), timedelta(hours=1)) == (GRACE, LOST_ANSWER)
    assert LEAD_MS == 120_000
    assert (MINUTES_PER_DAY, HOURS_OF_DAY, NEVER) == (1_440, 24, -1)


def test_how_much_history_a_strategy_takes() -> None:
    warm_ups = [strategy.warm_up_bars for strategy in STRATEGIES.values()]
    assert (sorted(warm_ups)[-1], MAX_WARM_UP_BARS) == (120, 120)


def test_what_a_venue_is_asked_for_unless_it_is_said() -> None:
    ticket = OrderTicket("id", "BTC/USDT:USDT", OrderSide.BUY, D(1), 0, 5_000)
    said = (ticket.time_in_force, ticket.limit_price, ticket.trigger_price)
    assert said == (TimeInForce.GTC, None, None)
    refused = Refused("-2019", "Margin is insufficient.")
    assert (refused.retryable, refused.already_there) == (False, False)
    assert ORDERS_A_REQUEST == 5
    spent = BudgetSpentError(2.54)
    assert (str(spent), spent.seconds) == ("no request weight is left for 2.5 s", 2.54)


def test_how_intervals_of_confidence_are_drawn() -> None:
    assert (uncertainty.DRAWS, uncertainty.LEAST_SAMPLE, uncertainty.LEAST_DEFINED) == (1_000, 10, 0.9)
    assert (uncertainty.MOST_BLOCKS, uncertainty.MOST_CELLS, uncertainty.CELL_BLOCK) == (300, 1_000, 10.0)


def test_how_long_bars_last_and_messages_are_tried() -> None:
    minutes = {frame.value: frame.milliseconds // 60_000 for frame in Timeframe}
    assert minutes == {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "4h": 240}
    assert (timedelta(hours=24), timedelta(hours=24)) == (GIVE_UP_AFTER, REPEATS_WITHIN)


def test_an_event_names_the_figures_of_its_title_and_its_sentence() -> None:
    opened = EVENT_KINDS[0]
    assert opened.figures == {
        *("symbol", "side", "wallet", "quantity", "entry_price", "stop_price", "risk_amount"),
    }


def test_positions_are_left_and_fundings_kept_clear_of_at_most_four_hours_before() -> None:
    assert (MOST_LEAVING_MINUTES, MOST_FUNDING_MINUTES) == (240, 240)
    schedule = TradingSchedule(time_zone="UTC")
    assert (schedule.leave_minutes, schedule.skip_funding_minutes) == (15, None)
    assert schedule.trade_weekends
    assert not schedule.leave_before_close
    assert not schedule.leave_before_weekend
