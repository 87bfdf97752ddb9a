"""SQL of circuit breakers: who may see and set which states, and what a kill switch would meet.

Used by migrations only. Rows of the platform and of venues belong to nobody: tenants read them, and only the
system and administrators write them.
"""

from collections.abc import Iterator

from migrations.tenancy import READER_ROLE, SYSTEM_ROLE, _force, _grants, _shared_rows, _tenant_policy

SHARED = ("breaker_events", "kill_switch_runs")
OWNED = ("kill_switch_accounts", "kill_switch_positions")
API_ROLE = "stackalpha_api"
TENANTS = "stackalpha_api, stackalpha_worker"

IS_ADMIN = """
CREATE FUNCTION app_is_admin() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT 1 FROM users WHERE id = app_current_user() AND role = 'admin')
$$
"""

# What is held and what works in a scope, of every tenant, for the preview of an administrator.
HELD = """
CREATE FUNCTION held_in_scope(p_scope text, p_scope_id text)
RETURNS TABLE (trade_id uuid, user_id uuid, wallet_id uuid, wallet_name text, venue text, symbol text, side text,
               status text, quantity numeric, entry_price numeric, planned_quantity numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF NOT app_is_admin() THEN
        RAISE EXCEPTION 'only an administrator looks at every tenant' USING ERRCODE = '42501';
    END IF;
    RETURN QUERY SELECT t.id, t.user_id, t.wallet_id, w.name::text, t.venue::text, t.symbol::text, t.side::text,
        t.status::text, t.quantity, t.entry_price, t.planned_quantity
    FROM trades t JOIN wallets w ON w.id = t.wallet_id AND w.user_id = t.user_id
    WHERE t.status NOT IN ('CLOSED', 'REJECTED', 'EXPIRED')
      AND (p_scope = 'platform' OR (p_scope = 'venue' AND t.venue = p_scope_id)
        OR (p_scope = 'user' AND t.user_id::text = p_scope_id)
        OR (p_scope = 'wallet' AND t.wallet_id::text = p_scope_id))
    ORDER BY t.user_id, t.wallet_id, t.symbol;
END $$
"""
ORDERS = """
CREATE FUNCTION working_in_scope(p_scope text, p_scope_id text)
RETURNS TABLE (client_order_id text, wallet_id uuid, symbol text, leg text, side text, status text,
               quantity numeric, price numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF NOT app_is_admin() THEN
        RAISE EXCEPTION 'only an administrator looks at every tenant' USING ERRCODE = '42501';
    END IF;
    RETURN QUERY SELECT o.client_order_id::text, o.wallet_id, o.symbol::text, o.leg::text, o.side::text,
        o.status::text, o.quantity, coalesce(o.limit_price, o.trigger_price)
    FROM orders o JOIN trades t ON t.id = o.trade_id AND t.user_id = o.user_id
    WHERE o.status IN ('INTENT', 'SENDING', 'OPEN', 'PARTIAL')
      AND t.status NOT IN ('CLOSED', 'REJECTED', 'EXPIRED')
      AND (p_scope = 'platform' OR (p_scope = 'venue' AND t.venue = p_scope_id)
        OR (p_scope = 'user' AND t.user_id::text = p_scope_id)
        OR (p_scope = 'wallet' AND t.wallet_id::text = p_scope_id))
    ORDER BY o.wallet_id, o.symbol, o.leg;
END $$
"""
# Screens of everybody whom a scope's state concerns are told to read it again; ids only.
ANNOUNCE = """
CREATE FUNCTION announce_breaker(p_scope text, p_scope_id text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public AS $$
    SELECT pg_notify('user_events', json_build_object('user_id', u.id, 'kind', 'breaker', 'id', p_scope_id)::text)
    FROM (SELECT DISTINCT w.user_id AS id FROM wallets w
          WHERE p_scope = 'platform' OR (p_scope = 'venue' AND w.venue = p_scope_id)
             OR (p_scope = 'user' AND w.user_id::text = p_scope_id)
             OR (p_scope = 'wallet' AND w.id::text = p_scope_id)) u
$$
"""
SIGNATURES = (
    "app_is_admin()",
    "held_in_scope(text, text)",
    "working_in_scope(text, text)",
    "announce_breaker(text, text)",
)


def statements() -> Iterator[str]:
    """Every statement, in order; run as the owner after the tables exist."""
    yield from (IS_ADMIN, HELD, ORDERS, ANNOUNCE)
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {signature} TO {API_ROLE}"
    yield f"GRANT EXECUTE ON FUNCTION announce_breaker(text, text) TO {SYSTEM_ROLE}"
    for table in SHARED:
        yield from _shared_rows(table)
    for table in OWNED:
        yield from _force(table)
        yield _tenant_policy(table)
        yield _grants(table, TENANTS)
    for table in (*SHARED, *OWNED):
        yield f"CREATE POLICY system ON {table} TO {SYSTEM_ROLE} USING (true) WITH CHECK (true)"
        yield _grants(table, SYSTEM_ROLE)
        yield f"CREATE POLICY reader ON {table} FOR SELECT TO {READER_ROLE} USING (true)"
        yield f"GRANT SELECT ON {table} TO {READER_ROLE}"
    for table in ("breaker_states", *SHARED, *OWNED):
        yield (
            f"CREATE POLICY administrator ON {table} TO {API_ROLE}"
            " USING ((SELECT app_is_admin())) WITH CHECK ((SELECT app_is_admin()))"
        )


def undo_statements() -> Iterator[str]:
    """What `statements` made beside the tables of its own."""
    for table in ("breaker_states", *SHARED, *OWNED):
        yield f"DROP POLICY administrator ON {table}"
    for signature in SIGNATURES:
        yield f"DROP FUNCTION {signature}"
