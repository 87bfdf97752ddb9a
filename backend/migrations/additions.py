"""SQL of additions to a position: reserved on top of what is held, strictly, and settled with every fill.

Used by migrations only. What an addition may still take counts beside the worst case of what is held, since the
planned figures are those of the parts that are there. The reservation is made by the addition's own row: what does not
fit under a ceiling is refused there, where a fact (`settle_trade`) would lift it.
"""

from collections.abc import Iterator

from migrations.entry_work import WORKED
from migrations.reservation_ledger import SETTLED_COLUMNS, WORST_CASE, settle_trades

_WORKED = f"{WORKED} OR t.entry_until IS NOT NULL"
_BEFORE = WORST_CASE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(WORKED, _WORKED)
WITH_ADDITIONS = _BEFORE
for _held, _with in (
    ("WHEN works THEN 'reserved'", "WHEN works OR t.adding_notional > 0 THEN 'reserved'"),
    ("CASE WHEN live THEN held ELSE 0 END", "CASE WHEN live THEN held + t.adding_notional ELSE 0 END"),
    ("round(held / t.leverage, 8)", "round((held + t.adding_notional) / t.leverage, 8)"),
    (
        "round(greatest(0, t.risk_amount * counted / t.planned_quantity\n"
        "               + sign * (price - t.planned_entry_price + t.initial_stop_price - t.stop_price)\n"
        "                 * counted * contract_size), 8)",
        "round(t.adding_risk + greatest(0, t.risk_amount * counted / t.planned_quantity\n"
        "               + sign * (price - t.planned_entry_price\n"
        "                         + coalesce(t.reference_stop_price, t.initial_stop_price) - t.stop_price)\n"
        "                 * counted * contract_size), 8)",
    ),
):
    if _held not in WITH_ADDITIONS:
        raise ValueError(f"the ledger's worst case has changed: {_held}")
    WITH_ADDITIONS = WITH_ADDITIONS.replace(_held, _with)

_RESERVE = """
CREATE FUNCTION reserve_addition() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE held risk_reservations; worst record;
BEGIN
    UPDATE trades SET adding_notional = NEW.notional, adding_risk = NEW.risk_amount, updated_at = now()
    WHERE user_id = NEW.user_id AND wallet_id = NEW.wallet_id AND id = NEW.trade_id
      AND status = 'PROTECTED' AND exit_requested IS NULL AND adding_notional = 0;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'trade % cannot be added to now', NEW.trade_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_trade_additions_open';
    END IF;
    PERFORM 1 FROM risk_usage u JOIN risk_reservations r USING (user_id, environment)
    WHERE r.trade_id = NEW.trade_id AND u.scope = 'user' FOR UPDATE OF u;
    SELECT * INTO held FROM risk_reservations WHERE trade_id = NEW.trade_id FOR UPDATE;
    SELECT w.* INTO worst FROM trades t, LATERAL trade_worst_case(t, EXISTS (
        SELECT 1 FROM orders o WHERE o.trade_id = t.id AND o.leg = 'entry'
        AND o.status IN ('INTENT', 'SENDING', 'OPEN', 'PARTIAL'))) w
    WHERE t.id = NEW.trade_id;
    UPDATE risk_reservations SET state = worst.state, positions = worst.positions, notional = worst.notional,
        margin = worst.margin, open_risk = worst.open_risk, updated_at = now()
    WHERE trade_id = NEW.trade_id;
    UPDATE risk_usage u SET notional = u.notional + worst.notional - held.notional,
        margin = u.margin + worst.margin - held.margin,
        open_risk = u.open_risk + worst.open_risk - held.open_risk, version = u.version + 1
    WHERE u.user_id = held.user_id AND u.environment = held.environment
      AND ((u.scope = 'user' AND u.scope_key = '') OR (u.scope = 'wallet' AND u.scope_key = held.wallet_id::text)
        OR (u.scope = 'strategy' AND u.scope_key = held.strategy)
        OR (u.scope = 'symbol' AND u.scope_key = held.symbol));
    RETURN NULL;
END $$
"""
# Only what is about to be sent is checked: what the venue filled is a fact.
_LIMIT = """
CREATE FUNCTION refuse_larger_addition() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE planned numeric;
BEGIN
    SELECT quantity INTO planned FROM trade_additions WHERE trade_id = NEW.trade_id AND number = NEW.attempt;
    IF planned IS NULL OR NEW.quantity > planned THEN
        RAISE EXCEPTION 'addition % of trade % would be %, reserved are %', NEW.attempt, NEW.trade_id, NEW.quantity,
            planned USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_orders_addition_as_planned';
    END IF;
    RETURN NULL;
END $$
"""
_TRIGGERS = (
    "CREATE TRIGGER reserve AFTER INSERT ON trade_additions FOR EACH ROW EXECUTE FUNCTION reserve_addition()",
    """
CREATE CONSTRAINT TRIGGER addition_as_planned AFTER INSERT OR UPDATE ON orders DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.leg = 'add' AND NEW.status IN ('INTENT', 'SENDING'))
EXECUTE FUNCTION refuse_larger_addition()
""",
)
_SETTLED = (*SETTLED_COLUMNS, "entry_until")
SETTLED = (*_SETTLED, "adding_notional", "adding_risk", "reference_stop_price")
_SIGNATURES = ("reserve_addition()", "refuse_larger_addition()")


def statements() -> Iterator[str]:
    """Every statement, in order; run as the owner once the table and the columns of trades exist."""
    yield WITH_ADDITIONS
    yield "DROP TRIGGER settle ON trades"
    yield settle_trades(SETTLED)
    yield _RESERVE
    yield _LIMIT
    for signature in _SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"
    yield from _TRIGGERS


def undo_statements() -> Iterator[str]:
    """Undo `statements`; run before the table and the columns are dropped."""
    yield "DROP TRIGGER addition_as_planned ON orders"
    yield "DROP TRIGGER reserve ON trade_additions"
    for signature in _SIGNATURES:
        yield f"DROP FUNCTION {signature}"
    yield "DROP TRIGGER settle ON trades"
    yield settle_trades(_SETTLED)
    yield _BEFORE
