"""SQL of tenancy: who may see which rows, and the narrow functions used before a tenant is known.

Used by migrations only. Row-level security is forced, so that even the owner goes through a policy.
"""

from collections.abc import Iterator

TENANT_ROLES = "stackalpha_api, stackalpha_worker"
SYSTEM_ROLE = "stackalpha_system"
READER_ROLE = "stackalpha_admin_ro"
OWNER_ROLE = "stackalpha_owner"

CURRENT_USER_FUNCTION = """
CREATE FUNCTION app_current_user() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE value text := current_setting('app.user_id', true);
BEGIN
    IF value IS NULL OR value = '' THEN
        RAISE EXCEPTION 'no tenant in this transaction: app.user_id is not set' USING ERRCODE = '42501';
    END IF;
    RETURN value::uuid;
END $$
"""

SIGN_IN_FUNCTIONS = (
    """
CREATE FUNCTION auth_user_by_email(p_email text)
RETURNS TABLE (
    user_id uuid, password_hash text, email_verified_at timestamptz, disabled_at timestamptz, role text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT id, password_hash, email_verified_at, disabled_at, role
    FROM users WHERE lower(email) = lower(p_email)
$$
""",
    """
CREATE FUNCTION auth_refresh_token(p_hash text)
RETURNS TABLE (user_id uuid, session_id uuid, token_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT user_id, session_id, id FROM refresh_tokens WHERE token_hash = p_hash
$$
""",
    """
CREATE FUNCTION auth_email_token(p_hash text, p_purpose text)
RETURNS TABLE (user_id uuid, token_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT user_id, id FROM email_tokens WHERE token_hash = p_hash AND purpose = p_purpose
$$
""",
)
SIGN_IN_SIGNATURES = ("auth_user_by_email(text)", "auth_refresh_token(text)", "auth_email_token(text, text)")

PARTITION_FUNCTION = """
CREATE FUNCTION ensure_execution_log_partitions(p_from date, p_months integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    first date := date_trunc('month', p_from)::date;
    low date; high date; name text;
BEGIN
    FOR step IN 0..p_months LOOP
        low := (first + make_interval(months => step))::date;
        high := (low + interval '1 month')::date;
        name := 'execution_logs_' || to_char(low, 'YYYY_MM');
        IF to_regclass(name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF execution_logs FOR VALUES FROM (%L) TO (%L)',
                           name, low::text || ' 00:00+00', high::text || ' 00:00+00');
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
            EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
            EXECUTE format(
                'CREATE POLICY owner_all ON %I TO stackalpha_owner USING (true) WITH CHECK (true)', name
            );
        END IF;
    END LOOP;
END $$
"""

TENANT_TABLES = (
    "audit_log",
    "email_tokens",
    "execution_logs",
    "fills",
    "idempotency_keys",
    "ledger_events",
    "orders",
    "refresh_tokens",
    "risk_decisions",
    "risk_settings",
    "risk_state",
    "sessions",
    "trades",
    "wallet_risk_settings",
    "wallets",
)
SYSTEM_TABLES = (
    "email_tokens",
    "execution_logs",
    "fills",
    "ledger_events",
    "orders",
    "risk_decisions",
    "risk_settings",
    "risk_state",
    "trades",
    "users",
    "wallet_risk_settings",
    "wallets",
    "breaker_states",
    "outbox",
)
SHARED_TABLES = ("candles", "signals", "strategy_failures")
APPEND_ONLY = frozenset({"audit_log", "fills", "ledger_events"})
WITHOUT_SECRETS = (
    "execution_logs",
    "fills",
    "ledger_events",
    "orders",
    "risk_decisions",
    "risk_settings",
    "risk_state",
    "trades",
    "wallet_risk_settings",
    "breaker_states",
    "outbox",
    "audit_log",
)


def _force(table: str) -> Iterator[str]:
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    yield f"CREATE POLICY owner_all ON {table} TO {OWNER_ROLE} USING (true) WITH CHECK (true)"


def _tenant_policy(table: str, column: str = "user_id") -> str:
    own = f"{column} = (SELECT app_current_user())"
    return f"CREATE POLICY tenant ON {table} TO {TENANT_ROLES} USING ({own}) WITH CHECK ({own})"


def _grants(table: str, roles: str) -> str:
    verbs = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE"
    return f"GRANT {verbs} ON {table} TO {roles}"


def statements() -> Iterator[str]:
    """Every statement, in order; run as the owner after the tables exist."""
    yield CURRENT_USER_FUNCTION
    yield from SIGN_IN_FUNCTIONS
    for signature in SIGN_IN_SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {signature} TO stackalpha_api"
    for table in TENANT_TABLES:
        yield from _force(table)
        yield _tenant_policy(table)
        yield _grants(table, TENANT_ROLES)
    yield from _force("users")
    yield _tenant_policy("users", "id")
    yield _grants("users", TENANT_ROLES)
    yield from _shared_rows("breaker_states")
    yield from _shared_rows("outbox")
    for table in SYSTEM_TABLES:
        yield f"CREATE POLICY system ON {table} TO {SYSTEM_ROLE} USING (true) WITH CHECK (true)"
        yield _grants(table, SYSTEM_ROLE)
    yield f"GRANT DELETE ON outbox, email_tokens TO {SYSTEM_ROLE}"
    for table in SHARED_TABLES:
        yield f"GRANT SELECT ON {table} TO {TENANT_ROLES}, {SYSTEM_ROLE}, {READER_ROLE}"
        yield f"GRANT INSERT, UPDATE ON {table} TO {SYSTEM_ROLE}"
    yield f"GRANT SELECT, INSERT, UPDATE ON shard_leases TO {SYSTEM_ROLE}"
    yield f"GRANT SELECT ON shard_leases TO stackalpha_worker, {READER_ROLE}"
    for table in WITHOUT_SECRETS:
        yield f"CREATE POLICY reader ON {table} FOR SELECT TO {READER_ROLE} USING (true)"
        yield f"GRANT SELECT ON {table} TO {READER_ROLE}"
    yield PARTITION_FUNCTION
    yield "REVOKE ALL ON FUNCTION ensure_execution_log_partitions(date, integer) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION ensure_execution_log_partitions(date, integer) TO {SYSTEM_ROLE}"
    yield "CREATE TABLE execution_logs_default PARTITION OF execution_logs DEFAULT"
    yield from _force("execution_logs_default")
    yield "SELECT ensure_execution_log_partitions(now()::date, 3)"


def tenant_table(table: str, *, system: bool) -> Iterator[str]:
    """Policies and grants of one more table with `user_id`; the system sees every tenant's rows where asked."""
    yield from _force(table)
    yield _tenant_policy(table)
    yield _grants(table, TENANT_ROLES)
    yield f"CREATE POLICY reader ON {table} FOR SELECT TO {READER_ROLE} USING (true)"
    yield f"GRANT SELECT ON {table} TO {READER_ROLE}"
    if system:
        yield f"CREATE POLICY system ON {table} TO {SYSTEM_ROLE} USING (true) WITH CHECK (true)"
        yield _grants(table, SYSTEM_ROLE)


def secret_table(table: str) -> Iterator[str]:
    """Policies and grants of a table with `user_id` that holds credentials: its tenant, and the system, which
    seals them anew under another key; no reader."""
    yield from _force(table)
    yield _tenant_policy(table)
    yield _grants(table, TENANT_ROLES)
    yield f"CREATE POLICY system ON {table} TO {SYSTEM_ROLE} USING (true) WITH CHECK (true)"
    yield f"GRANT SELECT, UPDATE ON {table} TO {SYSTEM_ROLE}"


def _shared_rows(table: str) -> Iterator[str]:
    """Rows without a user belong to the platform: tenants read them, only the system writes them."""
    own = "user_id = (SELECT app_current_user())"
    yield from _force(table)
    yield (
        f"CREATE POLICY tenant ON {table} TO {TENANT_ROLES} "
        f"USING (user_id IS NULL OR {own}) WITH CHECK ({own})"
    )
    yield _grants(table, TENANT_ROLES)


def undo_statements() -> Iterator[str]:
    """What `statements` made beside the tables; policies and grants go with the tables."""
    yield "DROP FUNCTION ensure_execution_log_partitions(date, integer)"
    for signature in SIGN_IN_SIGNATURES:
        yield f"DROP FUNCTION {signature}"
    yield "DROP FUNCTION app_current_user()"
