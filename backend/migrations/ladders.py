"""SQL of ladders: every step is reserved with the entry, passes to an addition once, and never takes more than that.

Used by migrations only. What the steps may take that nobody asked for yet counts beside the trade's worst case, as
what an addition may take does. A step's addition takes its part of that in the same statement.
"""

from collections.abc import Iterator

from migrations import additions
from migrations.reservation_ledger import settle_trades

_BEFORE = additions.WITH_ADDITIONS
_LADDERS = _BEFORE
for _held, _with in (
    ("t.adding_notional > 0", "t.adding_notional + t.ladder_notional > 0"),
    ("THEN held + t.adding_notional ELSE", "THEN held + t.adding_notional + t.ladder_notional ELSE"),
    ("round((held + t.adding_notional) /", "round((held + t.adding_notional + t.ladder_notional) /"),
    ("round(t.adding_risk + greatest(", "round(t.adding_risk + t.ladder_risk + greatest("),
):
    if _held not in _LADDERS:
        raise ValueError(f"the ledger's worst case has changed: {_held}")
    _LADDERS = _LADDERS.replace(_held, _with)

_TAKE = """
CREATE FUNCTION take_ladder_step() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE taken ladder_steps; following ladder_steps;
BEGIN
    SELECT * INTO taken FROM ladder_steps WHERE trade_id = NEW.trade_id AND number = NEW.step;
    IF NOT FOUND OR NEW.quantity > taken.quantity OR NEW.notional > taken.notional
       OR NEW.risk_amount > taken.risk_amount THEN
        RAISE EXCEPTION 'step % of trade % would take more than was reserved for it', NEW.step, NEW.trade_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_trade_additions_step_as_reserved';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        RETURN NEW;
    END IF;
    SELECT * INTO following FROM ladder_steps WHERE trade_id = NEW.trade_id AND number = NEW.step + 1;
    UPDATE trades SET ladder_step = following.number, ladder_price = following.price,
        ladder_notional = CASE WHEN following.number IS NULL THEN 0 ELSE ladder_notional - taken.notional END,
        ladder_risk = CASE WHEN following.number IS NULL THEN 0 ELSE ladder_risk - taken.risk_amount END,
        updated_at = now()
    WHERE user_id = NEW.user_id AND id = NEW.trade_id AND ladder_step = NEW.step AND scale_out_quantity = 0;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'step % is not the next one of trade %', NEW.step, NEW.trade_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_trade_additions_next_step';
    END IF;
    RETURN NEW;
END $$
"""
_AS_RESERVED = """
CREATE FUNCTION refuse_unreserved_ladder() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM 1 FROM trades t, LATERAL (SELECT sum(s.notional) AS notional, sum(s.risk_amount) AS risk, count(*) AS steps
                                      FROM ladder_steps s WHERE s.trade_id = t.id) l
    WHERE t.id = NEW.trade_id AND t.ladder_notional = l.notional AND t.ladder_risk = l.risk AND t.ladder_step = 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the ladder of trade % is not what was reserved for it', NEW.trade_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ladder_steps_reserved';
    END IF;
    RETURN NULL;
END $$
"""
_NO_MORE = """
CREATE FUNCTION refuse_larger_ladder() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what the ladder of trade % may take is never raised', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_trades_ladder_never_raised';
END $$
"""
_TRIGGERS = (
    """
CREATE TRIGGER a_take_step BEFORE INSERT OR UPDATE ON trade_additions FOR EACH ROW WHEN (NEW.step IS NOT NULL)
EXECUTE FUNCTION take_ladder_step()
""",
    """
CREATE CONSTRAINT TRIGGER as_reserved AFTER INSERT ON ladder_steps DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION refuse_unreserved_ladder()
""",
    """
CREATE TRIGGER ladder_never_raised BEFORE UPDATE ON trades FOR EACH ROW
WHEN (NEW.ladder_notional > OLD.ladder_notional OR NEW.ladder_risk > OLD.ladder_risk)
EXECUTE FUNCTION refuse_larger_ladder()
""",
)
_SIGNATURES = ("take_ladder_step()", "refuse_unreserved_ladder()", "refuse_larger_ladder()")
_COLUMNS = ("ladder_notional", "ladder_risk")


def statements() -> Iterator[str]:
    """Every statement, in order; run as the owner once the table and the columns exist."""
    yield _LADDERS
    yield "DROP TRIGGER settle ON trades"
    yield settle_trades((*additions.SETTLED, *_COLUMNS))
    yield _TAKE
    yield _AS_RESERVED
    yield _NO_MORE
    for signature in _SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"
    yield from _TRIGGERS


def undo_statements() -> Iterator[str]:
    """Undo `statements`; run before the table and the columns are dropped."""
    yield "DROP TRIGGER ladder_never_raised ON trades"
    yield "DROP TRIGGER as_reserved ON ladder_steps"
    yield "DROP TRIGGER a_take_step ON trade_additions"
    for signature in _SIGNATURES:
        yield f"DROP FUNCTION {signature}"
    yield "DROP TRIGGER settle ON trades"
    yield settle_trades(additions.SETTLED)
    yield _BEFORE
