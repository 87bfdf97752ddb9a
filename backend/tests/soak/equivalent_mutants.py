"""Mutants that answer like the original: nobody can notice them, and no test should try.

By module, what was changed in the words of `mutants.py`, and the whole line that it was changed in, so that an entry
outlives lines that are added above it and falls away with its line.
"""

from typing import Final

_SAME_LENGTH: Final = "both are made of the same rows; the check is for whoever changes one of them"
_SPEED: Final = "columns and single elements give the same; only the time differs"
_SIDE: Final = "a side's sign is 1 or -1"
_ONE_BY_ONE: Final = "single rows and columns are sized alike; only the time differs"
_NO_QUANTITY: Final = "only no quantity is worth nothing, and less than that is no quantity either"
_MASKED: Final = "stands in where nothing is read: the result is masked"

EQUIVALENT: Final[dict[tuple[str, str, str], str]] = {
    (
        "sizing",
        "one more",
        "_FEW: Final = 4  # so many are sized one by one, which is faster than columns of that length",
    ): _ONE_BY_ONE,
    ("sizing", "LtE for Lt", "if len(rows) <= _FEW:"): _ONE_BY_ONE,
    (
        "sizing",
        "Mult for Div",
        "if not (is_above_zero(entry) and is_above_zero(stop) and (entry - stop) * row.side.sign > 0):",
    ): _SIDE,
    ("sizing", "the other truth", "for row, proposal in zip(rows, proposals, strict=True)"): _SAME_LENGTH,
    (
        "sizing",
        "the other truth",
        "return [_sized_one(row, proposal) for row, proposal in zip(rows, proposals, strict=True)]",
    ): _SAME_LENGTH,
    (
        "sizing",
        "the other truth",
        "sized = [_Sized(*figures) for figures in zip(*(column.tolist() for column in held), strict=True)]",
    ): _SAME_LENGTH,
    ("sizing", "the other truth", "for cap, units in zip(_CAPS, caps, strict=True)"): _SAME_LENGTH,
    (
        "sizing",
        "one more",
        "quantity=where(is_sent, quantity, 0),",
    ): "a hundred-millionth cannot be left in parts, as nothing cannot",
    (
        "sizing",
        "scaled_limit for scaled_limit_ceil",
        "_less(fp.scaled_limit(equity, columns.most_leverage), used),",
    ): "a whole number of times the equity is exact",
    (
        "sizing",
        "one more",
        "most = maximum(minimum(columns.max_quantity, columns.planned), 0)",
    ): "where no quantity is allowed the cap is nothing, and so are the steps",
    ("sizing", "Lt for LtE", "too_large = (notional > cap) | (notional < 0)"): _NO_QUANTITY,
    ("sizing", "one more", "too_large = (notional > cap) | (notional < 0)"): _NO_QUANTITY,
    (
        "ladder",
        "the other truth",
        "waiting = [(at, _prices(row, most)) for at, (row, most) in enumerate(zip(rows, steps, strict=True))]",
    ): _SAME_LENGTH,
    (
        "ladder",
        "the other truth",
        "for (at, prices), size in zip(waiting, sizes, strict=True):",
    ): _SAME_LENGTH,
    ("sizing", "the other truth", "for index, size in zip(sound, sized, strict=True):"): _SAME_LENGTH,
    ("sizing_columns", "the other truth", "asked = list(zip(rows, proposals, strict=True))"): _SAME_LENGTH,
    (
        "fixed_point",
        "the other truth",
        "pairs = zip(left.ravel().tolist(), right.ravel().tolist(), strict=True)",
    ): _SAME_LENGTH,
    (
        "limit_checks",
        "the other truth",
        "for level, state in zip(_STATES, columns.state, strict=True):",
    ): _SAME_LENGTH,
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
        "trade_costs",
        "one more",
        "factors = _powers(np.where(risk > 0, risk, 1.0))",
    ): "1 and 2 are of one magnitude",
    (
        "signals.features",
        "one more",
        "return np.where(mean > 0, self._volume / np.where(mean > 0, mean, 1.0), np.nan)",
    ): _MASKED,
    ("fixed_point", "one more", "_FEW: Final = 32"): _SPEED,
    ("limit_checks", "one more", "BLOCK: Final = 2048"): _SPEED,
    (
        "limit_checks",
        "Gt for GtE",
        "for check, mask in _block_masks(columns.take(rows) if count > BLOCK else columns).items():",
    ): _SPEED,
    ("sizing", "one more", "swing = float_where(parity, columns.volatility, 1.0) * columns.price"): _MASKED,
    (
        "sizing",
        "one more",
        "budget = fp.units_to_floats(columns.equity) * float_where(by_amount, 0.0, columns.risk)",
    ): _MASKED,
    (
        "correlation",
        "Mult for Div",
        "return None if unsigned is None else unsigned * held.sign * candidate.sign",
    ): _SIDE,
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
        "sizing",
        "the other truth",
        "return [_position_size(*one) for one in zip(rows, proposals, sized, strict=True)]",
    ): _SAME_LENGTH,
    (
        "review_columns",
        "the other truth",
        "for held, now, threshold in zip(facts, market_ms, correlations, strict=True)",
    ): _SAME_LENGTH,
    ("fixed_point", "Gt for GtE", "if left.size > _FEW:"): _SPEED,
    (
        "loss_windows",
        "one more",
        "after = (first + timedelta(days=32)).replace(day=1)",
    ): "29 to 58 days after the first of a month lie in the next one",
    (
        "receive_window",
        "one more",
        "return max(base_ms, min(base_ms << min(times_late, 16), MOST_MS))",
    ): "a millisecond that is doubled sixteen times is above the most",
    (
        "drawdown",
        "Gt for GtE",
        "if not equity_before > 0 or not after > 0:",
    ): "where nothing is left after a flow the peak is nothing, reckoned or not",
    (
        "order_amounts",
        "Gt for GtE",
        "known = (columns.mark_price > 0) & (columns.signal_price > 0)",
    ): "a price of zero refuses by itself, in the same word as this limit's missing fact",
    (
        "limit_figures",
        "always the first",
        "price_tick=_price(row.instrument.price_tick) if bool(row.instrument.known[0]) else None,",
    ): "without an instrument the tick reads 1, by which a price is told as without one",
    (
        "settings_rules",
        "always the first",
        "return value if isinstance(value, Decimal) else Decimal(str(value))",
    ): "whole numbers compare like decimals",
    (
        "canonical_text",
        "the other truth",
        "return json.dumps(value.value, ensure_ascii=False)",
    ): "every word of an enumeration is ASCII",
    (
        "review_columns",
        "one more",
        "shape = (len(levels), len(market_ms), -1)",
    ): "numpy takes any negative length as what is left",
    (
        "sizing_methods",
        "one more",
        "return -1.0",
    ): "only whether an edge lies below zero is read",
    (
        "services.trading.windows",
        "the other truth",
        "for place, (since, start) in enumerate(zip(begun, starts, strict=True)):",
    ): _SAME_LENGTH,
    (
        "services.trading.windows",
        "always the first",
        "return self._sum_of_equity(self.counted()) if self._of_user is None else self._user_equity",
    ): "an approval holds nothing yet, so that the sum that was kept is the one that would be found",
    (
        "services.trading.rulebook",
        "max_correlated_positions of the symbol",
        "",
    ): "a position in the order's own symbol is counted as that, and never as one that correlates",
}
"""(module, what, line) -> why nobody can notice."""

_SAME_LADDER: Final = "the same rows are asked with the same prices, for ever"
_BOTTOMLESS: Final = "the lower end is minus infinity, so is every middle, and the two ends never meet"

ENDLESS: Final[dict[tuple[str, str, str], str]] = {
    ("ladder", "Is for IsNot", "if filled is None:"): _SAME_LADDER,
    ("ladder", "Sub for Add", "shorter.append((at, _prices(rows[at], len(prices) - 2)))"): _SAME_LADDER,
    ("ladder", "left out", "quantity -= instrument.quantity_step"): "what is beyond a cap stays so, for ever",
    (
        "metrics.flows",
        "Add for Sub",
        "left, right = np.log1p(max(low, -1 + 1e-15)), np.log1p(high)",
    ): _BOTTOMLESS,
    (
        "metrics.flows",
        "one more",
        "left, right = np.log1p(max(low, -1 + 1e-15)), np.log1p(high)",
    ): _BOTTOMLESS,
    (
        "tax_lots",
        "Gt for GtE",
        "while self._lots and self._side is not opens and left.quantity > 0:",
    ): "a fill of which nothing is left closes nothing of the next lot, which stays, for ever",
}
"""(module, what, line) -> why it cannot end: a test that waits for it has then noticed."""
