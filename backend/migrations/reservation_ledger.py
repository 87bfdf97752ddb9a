"""SQL of the reservation ledger: what every live trade may still cost, summed by scope, under checked ceilings.

Used by migrations only. The ledger is written by triggers on `trades` and `orders`, so that no path can forget
to reserve or to settle. An approval writes the ceilings of its scopes before its trade; the table's checks then
hold at every commit. A fact (a fill at a worse price) is never refused: it lifts the ceiling and is counted.
"""

from collections.abc import Iterator, Sequence

from migrations.tenancy import OWNER_ROLE, READER_ROLE, SYSTEM_ROLE, TENANT_ROLES

# The worst case of one trade. While its entry may still fill, all that was planned counts; afterwards what is
# held. The risk is the planned one, moved by a worse or better entry and by where the stop stands now. Without
# settings of its own, so that Postgres can write the function into the statement.
WORST_CASE = """
CREATE FUNCTION trade_worst_case(t trades, p_entry_works boolean)
RETURNS TABLE (state text, positions integer, notional numeric, margin numeric, open_risk numeric)
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN NOT live THEN 'released' WHEN works THEN 'reserved' ELSE 'used' END,
           live::integer,
           CASE WHEN live THEN held ELSE 0 END,
           CASE WHEN live THEN round(held / t.leverage, 8) ELSE 0 END,
           CASE WHEN live THEN round(greatest(0, t.risk_amount * counted / t.planned_quantity
               + sign * (price - t.planned_entry_price + t.initial_stop_price - t.stop_price)
                 * counted * contract_size), 8) ELSE 0 END
    FROM (SELECT t.status NOT IN ('CLOSED', 'REJECTED', 'EXPIRED') AS live,
                 t.status IN ('INTENT', 'ENTERING') OR p_entry_works AS works,
                 coalesce(t.entry_price, t.planned_entry_price) AS price,
                 CASE t.side WHEN 'long' THEN 1 ELSE -1 END AS sign,
                 coalesce(t.planned_notional / nullif(t.planned_quantity * t.planned_entry_price, 0), 1)
                     AS contract_size) a,
    LATERAL (SELECT CASE WHEN works THEN greatest(t.planned_quantity, t.quantity) ELSE t.quantity END
                        AS counted,
                    round(t.quantity * price * contract_size, 8) AS filled) b,
    LATERAL (SELECT CASE WHEN works THEN greatest(t.planned_notional, filled) ELSE filled END AS held) c
$$
"""

RESERVE = """
CREATE FUNCTION reserve_new_trades() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    WITH reserved AS (
        INSERT INTO risk_reservations (trade_id, user_id, environment, wallet_id, strategy, symbol, state,
                                       positions, notional, margin, open_risk)
        SELECT t.id, t.user_id, t.environment, t.wallet_id, t.strategy, t.symbol, w.*
        FROM new_trades n JOIN trades t ON t.id = n.id, LATERAL trade_worst_case(t, false) w
        RETURNING *
    )
    INSERT INTO risk_usage AS u (user_id, environment, scope, scope_key, positions, notional, margin, open_risk)
    SELECT r.user_id, r.environment, s.scope, s.scope_key,
           sum(r.positions), sum(r.notional), sum(r.margin), sum(r.open_risk)
    FROM reserved r,
    LATERAL (VALUES (1, 'user', ''), (2, 'wallet', r.wallet_id::text),
                    (3, 'strategy', r.strategy), (4, 'symbol', r.symbol)) s (place, scope, scope_key)
    WHERE r.positions > 0
    GROUP BY r.user_id, r.environment, s.place, s.scope, s.scope_key
    ORDER BY r.user_id, r.environment, s.place, s.scope_key
    ON CONFLICT (user_id, environment, scope, scope_key) DO UPDATE SET
        positions = u.positions + EXCLUDED.positions,
        notional = u.notional + EXCLUDED.notional,
        margin = u.margin + EXCLUDED.margin,
        open_risk = u.open_risk + EXCLUDED.open_risk,
        version = u.version + 1;
    RETURN NULL;
END $$
"""

# The user's row is locked before the others: whoever changes any of a user's rows holds it.
SETTLE = """
CREATE FUNCTION settle_trade(p_trade uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE held risk_reservations; worst record;
BEGIN
    PERFORM 1 FROM risk_usage u JOIN risk_reservations r USING (user_id, environment)
    WHERE r.trade_id = p_trade AND u.scope = 'user' FOR UPDATE OF u;
    SELECT * INTO held FROM risk_reservations WHERE trade_id = p_trade FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT w.* INTO worst FROM trades t, LATERAL trade_worst_case(t, EXISTS (
        SELECT 1 FROM orders o WHERE o.trade_id = t.id AND o.leg = 'entry'
        AND o.status IN ('INTENT', 'SENDING', 'OPEN', 'PARTIAL'))) w
    WHERE t.id = p_trade;
    IF (worst.state, worst.positions, worst.notional, worst.margin, worst.open_risk)
       IS NOT DISTINCT FROM (held.state::text, held.positions, held.notional, held.margin, held.open_risk) THEN
        RETURN;
    END IF;
    UPDATE risk_reservations SET state = worst.state, positions = worst.positions, notional = worst.notional,
        margin = worst.margin, open_risk = worst.open_risk, updated_at = now()
    WHERE trade_id = p_trade;
    PERFORM change_usage(held, worst.positions - held.positions, worst.notional - held.notional,
                         worst.margin - held.margin, worst.open_risk - held.open_risk);
    IF worst.state = 'released' AND held.state <> 'released' THEN
        PERFORM count_losses(held);
    END IF;
END $$
"""

CHANGE_USAGE = """
CREATE FUNCTION change_usage(
    r risk_reservations, d_positions integer, d_notional numeric, d_margin numeric, d_risk numeric
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    UPDATE risk_usage u SET
        positions = u.positions + d_positions,
        notional = u.notional + d_notional,
        margin = u.margin + d_margin,
        open_risk = u.open_risk + d_risk,
        positions_ceiling = CASE WHEN u.positions_ceiling < u.positions + d_positions
            THEN u.positions + d_positions ELSE u.positions_ceiling END,
        notional_ceiling = CASE WHEN u.notional_ceiling < u.notional + d_notional
            THEN u.notional + d_notional ELSE u.notional_ceiling END,
        margin_ceiling = CASE WHEN u.margin_ceiling < u.margin + d_margin
            THEN u.margin + d_margin ELSE u.margin_ceiling END,
        open_risk_ceiling = CASE WHEN u.open_risk_ceiling < u.open_risk + d_risk
            THEN u.open_risk + d_risk ELSE u.open_risk_ceiling END,
        loss_budget_ceiling = CASE WHEN u.loss_budget_ceiling < u.open_risk + d_risk
            THEN u.open_risk + d_risk ELSE u.loss_budget_ceiling END,
        overruns = u.overruns + CASE WHEN
            u.positions + d_positions > u.positions_ceiling OR u.notional + d_notional > u.notional_ceiling
            OR u.margin + d_margin > u.margin_ceiling
            OR u.open_risk + d_risk > least(u.open_risk_ceiling, u.loss_budget_ceiling) THEN 1 ELSE 0 END,
        version = u.version + 1
    WHERE u.user_id = r.user_id AND u.environment = r.environment
      AND ((u.scope = 'user' AND u.scope_key = '') OR (u.scope = 'wallet' AND u.scope_key = r.wallet_id::text)
        OR (u.scope = 'strategy' AND u.scope_key = r.strategy)
        OR (u.scope = 'symbol' AND u.scope_key = r.symbol))
$$
"""

# A trade that closed is one more loss in a row for its strategy and its symbol, or ends the row.
COUNT_LOSSES = """
CREATE FUNCTION count_losses(r risk_reservations) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    UPDATE risk_usage u SET
        consecutive_losses = CASE WHEN t.net < 0 THEN u.consecutive_losses + 1 ELSE 0 END
    FROM (SELECT realized_pnl - fees + funding AS net FROM trades
          WHERE id = r.trade_id AND status = 'CLOSED') t
    WHERE t.net <> 0 AND u.user_id = r.user_id AND u.environment = r.environment
      AND ((u.scope = 'strategy' AND u.scope_key = r.strategy) OR (u.scope = 'symbol' AND u.scope_key = r.symbol))
$$
"""

# A tenant may begin its own counts anew, and nothing else of the ledger.
FORGET_LOSSES = """
CREATE FUNCTION forget_counted_losses() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    WITH forgotten AS (
        UPDATE risk_usage SET consecutive_losses = 0
        WHERE user_id = app_current_user() AND consecutive_losses > 0 RETURNING 1
    )
    SELECT count(*) FROM forgotten
$$
"""

SETTLE_TRIGGER = """
CREATE FUNCTION settle_changed_trade() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM settle_trade(NEW.id);
    RETURN NULL;
END $$
"""

SETTLE_ORDER_TRIGGER = """
CREATE FUNCTION settle_changed_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM settle_trade(NEW.trade_id);
    RETURN NULL;
END $$
"""

SETTLED_COLUMNS = (
    "status",
    "quantity",
    "entry_price",
    "stop_price",
    "planned_quantity",
    "planned_notional",
    "planned_entry_price",
    "risk_amount",
)


def settle_trades(columns: Sequence[str]) -> str:
    """The trigger that settles a trade when one of these columns has changed."""
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return f"""
CREATE CONSTRAINT TRIGGER settle AFTER UPDATE ON trades DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))
EXECUTE FUNCTION settle_changed_trade()
"""


# Settling waits for the commit: by then the transaction holds every lock on trades and risk rows that it will
# ever take, so that the ledger's rows always come last and nobody waits in a circle.
TRIGGERS = (
    """
CREATE TRIGGER reserve AFTER INSERT ON trades REFERENCING NEW TABLE AS new_trades
FOR EACH STATEMENT EXECUTE FUNCTION reserve_new_trades()
""",
    settle_trades(SETTLED_COLUMNS),
    """
CREATE CONSTRAINT TRIGGER settle AFTER UPDATE ON orders DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.leg = 'entry' AND OLD.status IS DISTINCT FROM NEW.status)
EXECUTE FUNCTION settle_changed_entry()
""",
)

FUNCTIONS = (WORST_CASE, RESERVE, CHANGE_USAGE, SETTLE, SETTLE_TRIGGER, SETTLE_ORDER_TRIGGER)
LATER_FUNCTIONS = (COUNT_LOSSES, FORGET_LOSSES)
SIGNATURES = (
    "settle_changed_entry()",
    "settle_changed_trade()",
    "settle_trade(uuid)",
    "change_usage(risk_reservations, integer, numeric, numeric, numeric)",
    "reserve_new_trades()",
    "trade_worst_case(trades, boolean)",
)
BACKFILL = (
    """
INSERT INTO risk_reservations (trade_id, user_id, environment, wallet_id, strategy, symbol, state,
                               positions, notional, margin, open_risk)
SELECT t.id, t.user_id, t.environment, t.wallet_id, t.strategy, t.symbol, w.*
FROM trades t, LATERAL trade_worst_case(t, EXISTS (
    SELECT 1 FROM orders o WHERE o.trade_id = t.id AND o.leg = 'entry'
    AND o.status IN ('INTENT', 'SENDING', 'OPEN', 'PARTIAL'))) w
""",
    """
INSERT INTO risk_usage (user_id, environment, scope, scope_key, positions, notional, margin, open_risk)
SELECT r.user_id, r.environment, s.scope, s.scope_key,
       sum(r.positions), sum(r.notional), sum(r.margin), sum(r.open_risk)
FROM risk_reservations r,
LATERAL (VALUES ('user', ''), ('wallet', r.wallet_id::text), ('strategy', r.strategy), ('symbol', r.symbol))
    s (scope, scope_key)
GROUP BY r.user_id, r.environment, s.scope, s.scope_key
""",
)
TABLES = ("risk_reservations", "risk_usage")


def statements() -> Iterator[str]:
    """Every statement, in order; run as the owner after the two tables exist."""
    for table in TABLES:
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY owner_all ON {table} TO {OWNER_ROLE} USING (true) WITH CHECK (true)"
        own = "user_id = (SELECT app_current_user())"
        yield f"CREATE POLICY tenant ON {table} TO {TENANT_ROLES} USING ({own}) WITH CHECK ({own})"
        yield f"CREATE POLICY system ON {table} TO {SYSTEM_ROLE} USING (true) WITH CHECK (true)"
        yield f"CREATE POLICY reader ON {table} FOR SELECT TO {READER_ROLE} USING (true)"
        yield f"GRANT SELECT ON {table} TO {TENANT_ROLES}, {SYSTEM_ROLE}, {READER_ROLE}"
    yield f"GRANT INSERT, UPDATE ON risk_usage TO {SYSTEM_ROLE}"
    yield from FUNCTIONS
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"
    yield from BACKFILL
    yield from TRIGGERS


def later_statements() -> Iterator[str]:
    """What needs the columns of a later migration."""
    yield from LATER_FUNCTIONS
    yield "REVOKE ALL ON FUNCTION count_losses(risk_reservations) FROM PUBLIC"
    yield "REVOKE ALL ON FUNCTION forget_counted_losses() FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION forget_counted_losses() TO {TENANT_ROLES}"


def undo_statements() -> Iterator[str]:
    """Undo `statements`; run before the two tables are dropped."""
    yield "DROP TRIGGER settle ON orders"
    yield "DROP TRIGGER settle ON trades"
    yield "DROP TRIGGER reserve ON trades"
    for signature in SIGNATURES:
        yield f"DROP FUNCTION {signature}"
