"""Mutants that answer like the original: nobody can notice them, and no test should try.

By module, what was changed in the words of `mutants.py`, and the whole line that it was changed in, so that an entry
outlives lines that are added above it and falls away with its line.
"""

from typing import Final

from tests.soak.equivalent_at_the_gate import AT_THE_GATE

_SAME_LENGTH: Final = "both are made of the same rows; the check is for whoever changes one of them"
_SPEED: Final = "columns and single elements give the same; only the time differs"
_SIDE: Final = "a side's sign is 1 or -1"
_MASKED: Final = "stands in where nothing is read: the result is masked"

EQUIVALENT: Final[dict[tuple[str, str, str], str]] = AT_THE_GATE | {
    (
        "routing",
        "one more",
        "if not 1 < count <= MOST_SLICES:",
    ): "whole steps that the book cannot take need three slices of half of it",
    ("counterfactual", "Gt for GtE", "is_long = position.side.sign > 0"): _SIDE,
    (
        "position_health",
        "the other truth",
        "readings = tuple(_reading(scale, value) for scale, value in zip(SCALES, values, strict=True))",
    ): _SAME_LENGTH,
    (
        "exit_gates",
        "one more",
        "_PART_R: Final = np.full((4, 4), np.inf)",
    ): "a row of four parts that no position has",
    (
        "trade_steps",
        "Gt for GtE",
        "if most is not None and leaves and action.quantity is not None and action.quantity > most:",
    ): "what is as much as the most stays that",
    (
        "next_rule",
        "Mult for Div",
        "if leave is not None and target is not None and facts.side.sign * (target - arms_at) <= 0:",
    ): _SIDE,
    (
        "metrics.drawdowns",
        "one more",
        "return np.where(peak > 0, (peak - equity) / np.where(peak > 0, peak, 1.0), 0.0)",
    ): _MASKED,
    (
        "signals.features",
        "one more",
        "return np.where(mean > 0, self._volume / np.where(mean > 0, mean, 1.0), np.nan)",
    ): _MASKED,
    ("stops", "Mult for Div", "if not price > 0 or (entry_price - price) * side.sign <= 0:"): _SIDE,
    ("stops", "Mult for Div", "if not price > 0 or (price - entry_price) * side.sign <= 0:"): _SIDE,
    ("exit_rules", "Mult for Div", "best = mark if sign * (mark - best) > 0 else best"): _SIDE,
    ("exit_rules", "Mult for Div", "if sign * (price - found.price) > 0:"): _SIDE,
    ("exit_rules", "Mult for Div", "if sign * (mark - stop.price) <= 0 and not venue_holds_it:"): _SIDE,
    ("exit_rules", "Mult for Div", "if target is not None and sign * (mark - target) >= 0:"): _SIDE,
    (
        "exit_rules",
        "Gt for GtE",
        "best = mark if sign * (mark - best) > 0 else best",
    ): "a price that equals the best is the best",
    (
        "receive_window",
        "one more",
        "return max(base_ms, min(base_ms << min(times_late, 16), MOST_MS))",
    ): "a millisecond that is doubled sixteen times is above the most",
    ("accounting", "Gt for GtE", "return Side.LONG if self.quantity > 0 else Side.SHORT"): (
        "an account that holds nothing was answered before"
    ),
    (
        "accounting",
        "Mult for Div",
        "closing = max(ZERO, min(fill.quantity, -sign * held))  # of what is held on the other side",
    ): _SIDE,
    (
        "attribution",
        "one more",
        "first = int(mask.argmax()) if count else 0",
    ): "of rows that are none it does not matter where they begin",
    (
        "attribution",
        "Lt for LtE",
        "if float(np.abs(column, dtype=np.float64).sum()) < _SAFE_SUM:",
    ): "both ways of adding up are exact there",
    (
        "downsampling",
        "LtE for Lt",
        "if count <= most:",
    ): "where there are just as many points as are wanted each is the only one of its bucket",
    (
        "metrics.drawdowns",
        "Gt for GtE",
        "return np.where(peak > 0, (peak - equity) / np.where(peak > 0, peak, 1.0), 0.0)",
    ): _MASKED,
    (
        "metrics.drawdowns",
        "the other truth",
        "for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):",
    ): "every fall that begins ends, at the latest with the series",
    (
        "metrics.figure_columns",
        "one more",
        "return FigureColumns(*np.array(rows).reshape(-1, len(NAMES)).T)",
    ): "numpy takes any negative length as what is left",
    ("metrics.figure_columns", "one more", "BLOCK_ROWS = 16"): _SPEED,
    (
        "metrics.figure_columns",
        "one more",
        "0.6  # of a bell curve's quantile: a threshold that leaves a few times the tail, and is seldom below it",
    ): _SPEED,
    ("metrics.figure_columns", "Lt for LtE", "if parted.size < below + 2:"): _SPEED,
    ("metrics.figure_columns", "one more", "if parted.size < below + 2:"): _SPEED,
    (
        "metrics.figure_columns",
        "Lt for LtE",
        "parted = returns.compress(returns < mean + deviation * _threshold(tail))",
    ): _SPEED,
    (
        "metrics.figure_columns",
        "the other truth",
        "for row, total, fall in zip(block, totals.tolist(), falls, strict=True):",
    ): _SAME_LENGTH,
    (
        "metrics.figure_columns",
        "the other truth",
        "return list(zip(wholes, deepest, ulcers, strict=True))",
    ): _SAME_LENGTH,
    (
        "metrics.flows",
        "Mult for Div",
        "if missing(middle) * at_low > 0:",
    ): "only the sign is read, and what is missing at the lower end is not nothing",
    (
        "metrics.tail_risk",
        "LtE for Lt",
        "if returns.size <= window or not has_tail(window, tail):",
    ): "a series as long as its window has no return after it: no window is left either",
    ("metrics.tail_risk", "one more", "safe = np.where(varies, square, 1.0)"): _MASKED,
    (
        "metrics.trade_figures",
        "Gt for GtE",
        "best, worst = (highs.max(), lows.min()) if sign > 0 else (lows.min(), highs.max())",
    ): _SIDE,
    (
        "notification_rules",
        "one more",
        "for days in range(3):",
    ): "two days on, that minute lies ahead wherever the clocks were changed",
    (
        "notification_rules",
        "one more",
        "return min(FIRST_RETRY_SECONDS * 2.0 ** min(attempts - 1, 20), LONGEST_RETRY_SECONDS)",
    ): "five seconds that are doubled twenty times are above the longest pause",
    ("price_batch", "the other truth", "strict=True,"): "the columns of a batch were cut to one length",
    (
        "report_sheet",
        "one more",
        "after = (first + timedelta(days=32)).replace(day=1)",
    ): "29 to 58 days after the first of a month lie in the next one",
    (
        "signals.ema_trend",
        "Mult for Div",
        "if not (math.isfinite(was) and adx >= MIN_ADX and atr > 0) or now == 0 or was * now > 0:",
    ): "only the sign is read, and the averages are not equal now",
    (
        "signals.ema_trend",
        "Gt for GtE",
        "side = Side.LONG if now > 0 else Side.SHORT",
    ): "averages that are equal were answered before",
    (
        "signals.features",
        "Gt for GtE",
        "return np.where(mean > 0, self._volume / np.where(mean > 0, mean, 1.0), np.nan)",
    ): _MASKED,
    (
        "signals.features",
        "GtE for Gt",
        "if len(column) >= period:",
    ): "a bar is set beside the mean of those before it, and the only mean is that of the newest",
    (
        "signals.registry",
        "max for min",
        "MAX_WARM_UP_BARS: Final = max(strategy.warm_up_bars for strategy in STRATEGIES.values())",
    ): "both strategies look at as many bars",
    ("signals.volatility", "LtE for Lt", "if len(close) <= period:"): "TA-Lib has no range there either",
    ("tax_lots", "left out", "assert_never(self._method)"): "every method has its case",
}
"""(module, what, line) -> why nobody can notice."""

_SAME_LADDER: Final = "the same rows are asked with the same prices, for ever"

ENDLESS: Final[dict[tuple[str, str, str], str]] = {
    ("ladder", "Is for IsNot", "if filled is None:"): _SAME_LADDER,
    ("ladder", "Sub for Add", "shorter.append((at, _prices(rows[at], len(prices) - 2)))"): _SAME_LADDER,
    ("ladder", "left out", "quantity -= instrument.quantity_step"): "what is beyond a cap stays so, for ever",
    (
        "tax_lots",
        "Gt for GtE",
        "while self._lots and self._side is not opens and left.quantity > 0:",
    ): "a fill of which nothing is left closes nothing of the next lot, which stays, for ever",
    (
        "correlation",
        "left out",
        "left.discard(symbol)",
    ): "a symbol that is never struck off is joined with itself, for ever",
    (
        "trading_hours",
        "left out",
        "day += timedelta(days=1)",
    ): "a day of the week before a closing that ends later is looked at for ever",
}
"""(module, what, line) -> why it cannot end: a test that waits for it has then noticed."""
