"""Mutants of what decides about an entry that answer like the original (see `equivalent_mutants.py`)."""

from typing import Final

_SAME_LENGTH: Final = "both are made of the same rows; the check is for whoever changes one of them"
_SPEED: Final = "columns and single elements give the same; only the time differs"
_SIDE: Final = "a side's sign is 1 or -1"
_ONE_BY_ONE: Final = "single rows and columns are sized alike; only the time differs"
_NO_QUANTITY: Final = "only no quantity is worth nothing, and less than that is no quantity either"
_MASKED: Final = "stands in where nothing is read: the result is masked"
_WHOLE_STEPS: Final = "steps are counted whole, and a whole one is a hundred million units"
_NOTHING: Final = "facts of which nothing is known read the same kept or read anew; only the time differs"
_BOTH: Final = "both are columns or both are numbers, as the declared types say"
_NO_AMOUNT: Final = (
    "a product of more than the largest amount is out of range, and three times that still fits int64"
)
_FAR: Final = "what is out of range is billions away from zero"
_UNTOLD: Final = (
    "days beyond the ten that are not told before the end of what is known change nothing that is told"
)
_MARK: Final = "any number beyond every amount serves as the mark, which is asked for by its name"
_BY_NAME: Final = "it is given by its name either way"
_EQUAL: Final = "equal figures have been told apart before"
_EXPONENT: Final = "only the exponent of what it is quantised to counts"

AT_THE_GATE: Final[dict[tuple[str, str, str], str]] = {
    ("sizing_methods", "left out", "assert_never(method)"): "every method is told before it",
    ("sizing_columns", "always the first", "return math.nan if value is None else float(value)"): _ONE_BY_ONE,
    ("order_amounts", "one more", "reference = float_where(known, columns.signal_price, 1.0)"): _MASKED,
    (
        "trade_costs",
        "and for or",
        "if isinstance(reward, float) or isinstance(risk, float):",
    ): "both are numbers, or both are columns",
    (
        "trade_costs",
        "one more",
        "magnitude = float(np.floor(np.log10(risk if risk > 0 else 1.0)))",
    ): "1 and 2 are of one magnitude",
    ("part_targets", "one more", "quantity = maximum(quantity, 0)"): "neither nothing nor a unit has a part",
    (
        "part_targets",
        "one more",
        "return units_to_floats(part) / units_to_floats(maximum(whole, 1))",
    ): "neither nothing nor a unit has a part",
    (
        "part_targets",
        "Gt for GtE",
        "ticks = (entry + sign * risk * r_multiple) / float_where(tick > 0, tick, 1.0)",
    ): _MASKED,
    (
        "part_targets",
        "one more",
        "ticks = (entry + sign * risk * r_multiple) / float_where(tick > 0, tick, 1.0)",
    ): _MASKED,
    (
        "sizing",
        "one more",
        "FEW: Final = 12  # so many are sized one by one, which is faster than columns of that length",
    ): _ONE_BY_ONE,
    ("sizing", "LtE for Lt", "if len(rows) <= FEW:"): _ONE_BY_ONE,
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
        "trade_costs",
        "one more",
        "factors = _powers(np.where(risk > 0, risk, 1.0))",
    ): "1 and 2 are of one magnitude",
    ("fixed_point", "one more", "_FEW: Final = 32"): _SPEED,
    ("limit_checks", "one more", "BLOCK: Final = 2048"): _SPEED,
    (
        "limit_checks",
        "Gt for GtE",
        "block = Measured(columns.take(rows)) if count > BLOCK else measured",
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
        "price_tick=_price(order.of(instrument.price_tick)) if bool(order.of(instrument.known)) else None,",
    ): "without an instrument the tick reads 1, by which a price is told as without one",
    (
        "settings_rules",
        "always the first",
        "return value if isinstance(value, Decimal) else Decimal(str(value))",
    ): "whole numbers compare like decimals",
    (
        "review_columns",
        "one more",
        "columns[:, level] = flat.reshape(-1, width).T",
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
        "return self._sum_of_equity() if self._of_user is None else self._user_equity",
    ): "an approval holds nothing yet, so that the sum that was kept is the one that would be found",
    (
        "services.trading.rulebook",
        "max_correlated_positions of the symbol",
        "",
    ): "a position in the order's own symbol is counted as that, and never as one that correlates",
    (
        "limit_checks",
        "always the first",
        "block = Measured(columns.take(rows)) if count > BLOCK else measured",
    ): _SPEED,
    (
        "limit_checks",
        "the other truth",
        "for level, is_paused in zip(LEVELS, row.paused, strict=True):",
    ): _SAME_LENGTH,
    (
        "limit_checks",
        "the other truth",
        "for held, level in zip(row.levels, LEVELS, strict=True):",
    ): _SAME_LENGTH,
    ("limit_checks", "the other truth", "for level, mask in zip(LEVELS, masks, strict=True):"): _SAME_LENGTH,
    (
        "limit_checks",
        "BitOr for BitAnd",
        "if holds_everywhere(sound | negated(stands)):",
    ): "a mask without a row is not kept; only the time differs",
    ("limit_checks", "one more", "steps = adds & (columns.ladder_step > 0)"): _WHOLE_STEPS,
    ("limit_rules", "one more", "is_step = columns.ladder_step > 0"): _WHOLE_STEPS,
    (
        "limit_columns",
        "one more",
        "return Decimal(-2) if units == fp.UNKNOWN else fp.from_units(units)",
    ): "every correlation is above either",
    ("limits", "LtE for Lt", "if len(rows) <= FEW:"): _SPEED,
    ("limits", "one more", "FEW: Final = 12"): _SPEED,
    (
        "risk_facts",
        "the other truth",
        "return OrderIntent(**dict(zip(_ORDER_FIELDS, _ORDER_VALUES(self), strict=True)), size=size)",
    ): _SAME_LENGTH,
    ("review_columns", "and for or", "if held is NO_STRATEGY_FACTS or held is NO_SYMBOL_FACTS"): _NOTHING,
    ("one_row", "and for or", "if facts is NO_STRATEGY_FACTS or facts is NO_SYMBOL_FACTS:"): _NOTHING,
    (
        "review_columns",
        "one more",
        'NO_INSTRUMENT: Final = Instrument("", _ONE, _ONE, _ONE, _ONE, _ONE, _ONE, 1, Decimal(0), Decimal(0))',
    ): "no check of an order reads the highest leverage or the maker's fee of what stands in for an instrument",
    (
        "review_columns",
        "one more",
        "return -1 if known is None else int(known)",
    ): "only whether it lies below zero is read",
    ("decision", "the other truth", "for case, size in zip(cases, sizes, strict=True):"): _SAME_LENGTH,
    (
        "decision",
        "the other truth",
        "sound = [(one, most) for one, most in zip(inputs, steps, strict=True) if isinstance(one, SizingInputs)]",
    ): _SAME_LENGTH,
    ("decision", "the other truth", "for case, one in zip(cases, inputs, strict=True)"): _SAME_LENGTH,
    (
        "decision",
        "always the first",
        "sizes = iter(ladder_sizes(rows, [most for _, most in sound]) if any(steps) else propose_sizes(rows))",
    ): "a ladder without a step is an ordinary size; only the time differs",
    ("fixed_point", "one more", "units = np.where(fits, scaled, 0.0).astype(np.int64)"): _MASKED,
    ("fixed_point", "one more", "left_whole, left_rest = np.divmod(np.where(safe, left, 0), SCALE)"): _MASKED,
    (
        "fixed_point",
        "one more",
        "right_whole, right_rest = np.divmod(np.where(safe, right, 0), SCALE)",
    ): _MASKED,
    ("fixed_point", "and for or", "if isinstance(left, int) or isinstance(right, int):"): _BOTH,
    ("fixed_point", "and for or", "if isinstance(base, int) or isinstance(factor, int):"): _BOTH,
    (
        "fixed_point",
        "LtE for Lt",
        "safe = is_known(left) & is_known(right) & (estimate <= 2.0 * MAX_UNITS)",
    ): _NO_AMOUNT,
    (
        "fixed_point",
        "one more",
        "safe = is_known(left) & is_known(right) & (estimate <= 2.0 * MAX_UNITS)",
    ): _NO_AMOUNT,
    ("fixed_point", "Gt for GtE", "return NO_LIMIT if units == OUT_OF_RANGE and value > 0 else units"): _FAR,
    ("fixed_point", "one more", "return NO_LIMIT if units == OUT_OF_RANGE and value > 0 else units"): _FAR,
    (
        "correlation",
        "min for max",
        "group, frontier = set[str](), {min(left)}",
    ): "a group is the same from whichever of its symbols it is begun, and the groups are ordered at the end",
    (
        "hours_columns",
        "one more",
        "return np.array(of_rows, dtype=np.int64).reshape(-1, len(HOURS_LEVELS)).T",
    ): "numpy takes any negative length as what is left",
    (
        "trading_hours",
        "Add for Sub",
        "dates = [first + timedelta(days=number) for number in range(BEHIND_DAYS + AHEAD_DAYS + 1)]",
    ): _UNTOLD,
    (
        "trading_hours",
        "one more",
        "dates = [first + timedelta(days=number) for number in range(BEHIND_DAYS + AHEAD_DAYS + 1)]",
    ): _UNTOLD,
    (
        "trading_hours",
        "Lt for LtE",
        "spans = [one for one in spans if one.opens_ms < known_until_ms]",
    ): "a span that opens where the known ends is read as that end, which stands there without it",
    (
        "settings_rules",
        "Lt for LtE",
        "return after is None or (before is not None and _figure(after) < _figure(before))",
    ): _EQUAL,
    (
        "settings_rules",
        "Gt for GtE",
        "return after is None or (before is not None and _figure(after) > _figure(before))",
    ): _EQUAL,
    (
        "breach_sentences",
        "one more",
        "_LAST_PLACES: Final = tuple(Decimal(1).scaleb(-places) for places in range(_MOST + 1))",
    ): _EXPONENT,
    ("decimal_text", "one more", "return grouped(price.quantize(Decimal(1).scaleb(exponent)))"): _EXPONENT,
    ("fixed_point", "one more", "OUT_OF_RANGE: Final = UNKNOWN + 1"): _MARK,
    ("fixed_point", "one more", "NO_LIMIT: Final = 2**63 - 1"): _MARK,
    (
        "review_columns",
        "one more",
        "STATE_UNKNOWN: Final = -1",
    ): "only its name is asked for, below the states",
    (
        "review_columns",
        "one more",
        "STATE_CODES: Final = {TradingState.ACTIVE: 0, TradingState.REDUCE_ONLY: 1, TradingState.HALTED: 2}",
    ): "only whether a state is above zero is read",
    (
        "review_columns",
        "one more",
        "NOTHING_KNOWN: Final = scope_units(ScopeFacts(), 0, None, {})",
    ): "nothing has happened since which minutes could be counted",
    ("one_row", "the other truth", "day: OneWindow = field(kw_only=True)"): _BY_NAME,
    ("one_row", "the other truth", "week: OneWindow = field(kw_only=True)"): _BY_NAME,
    ("one_row", "the other truth", "month: OneWindow = field(kw_only=True)"): _BY_NAME,
    (
        "one_row",
        "the other truth",
        "_NOTHING_THERE: Final = OneScope.of_units(False, NOTHING_KNOWN)",
    ): "neither its equity nor what its trades made is known",
}
