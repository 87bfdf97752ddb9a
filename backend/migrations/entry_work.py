"""SQL of entries that go on in several orders: the reservation stays until the last, and no more than was planned.

Used by migrations only.
"""

from collections.abc import Iterator

from migrations.reservation_ledger import SETTLED_COLUMNS, WORST_CASE, settle_trades

WORKED = "t.status IN ('INTENT', 'ENTERING') OR p_entry_works"

# Several orders may enter one trade, one working at a time (uq_orders_one_working). What all of them may still fill,
# and what those that are over have filled, is never more than was planned.
LIMIT = """
CREATE FUNCTION refuse_larger_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE planned numeric; may_fill numeric;
BEGIN
    SELECT planned_quantity INTO planned FROM trades WHERE id = NEW.trade_id;
    SELECT sum(CASE WHEN status IN ('INTENT', 'SENDING', 'OPEN', 'PARTIAL') THEN quantity
                    ELSE filled_quantity END)
    INTO may_fill FROM orders WHERE trade_id = NEW.trade_id AND leg = 'entry';
    IF may_fill > planned THEN
        RAISE EXCEPTION 'the entry orders of trade % may fill %, planned are %', NEW.trade_id, may_fill, planned
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_orders_entry_as_planned';
    END IF;
    RETURN NULL;
END $$
"""
# Only what is about to be sent is checked: what the venue filled is a fact.
TRIGGER = """
CREATE CONSTRAINT TRIGGER entry_as_planned AFTER INSERT OR UPDATE ON orders DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.leg = 'entry' AND NEW.attempt > 1 AND NEW.status IN ('INTENT', 'SENDING'))
EXECUTE FUNCTION refuse_larger_entry()
"""


def statements() -> Iterator[str]:
    """Every statement, in order; run as the owner once `trades.entry_until` exists."""
    function = WORST_CASE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    yield function.replace(WORKED, f"{WORKED} OR t.entry_until IS NOT NULL")
    yield "DROP TRIGGER settle ON trades"
    yield settle_trades((*SETTLED_COLUMNS, "entry_until"))
    yield LIMIT
    yield "REVOKE ALL ON FUNCTION refuse_larger_entry() FROM PUBLIC"
    yield TRIGGER


def undo_statements() -> Iterator[str]:
    """Undo `statements`; run before the column is dropped."""
    yield "DROP TRIGGER entry_as_planned ON orders"
    yield "DROP FUNCTION refuse_larger_entry()"
    yield "DROP TRIGGER settle ON trades"
    yield settle_trades(SETTLED_COLUMNS)
    yield WORST_CASE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
