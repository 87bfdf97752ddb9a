"""SQL of the books of strategies and symbols: the net result of their closed trades, and its highest point.

Used by migrations only. The result changes where the ledger releases a trade that closed; the peak is lifted
there, and by whoever reads the balance and sees open trades above it. Both begin at zero with the first trade.
"""

from collections.abc import Iterator

from migrations.tenancy import TENANT_ROLES

# In the place of the ledger's: beside the losses in a row, what the trade made.
COUNT_RESULT = """
CREATE OR REPLACE FUNCTION count_losses(r risk_reservations) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    UPDATE risk_usage u SET
        consecutive_losses = CASE WHEN t.net < 0 THEN u.consecutive_losses + 1 ELSE 0 END,
        book_result = u.book_result + t.net,
        book_peak = greatest(u.book_peak, u.book_result + t.net)
    FROM (SELECT realized_pnl - fees + funding AS net FROM trades
          WHERE id = r.trade_id AND status = 'CLOSED') t
    WHERE t.net <> 0 AND u.user_id = r.user_id AND u.environment = r.environment
      AND ((u.scope = 'strategy' AND u.scope_key = r.strategy) OR (u.scope = 'symbol' AND u.scope_key = r.symbol))
$$
"""

# `open_result` is what the scope's live trades made so far, realised and unrealised. A tenant may lift its own
# peaks, never lower them. The user's row is locked first, like everywhere in the ledger.
LIFT = """
CREATE FUNCTION lift_book_peaks(p_environment text, p_open json) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM 1 FROM risk_usage u
    WHERE u.user_id = app_current_user() AND u.environment = p_environment AND u.scope = 'user' FOR UPDATE;
    UPDATE risk_usage u SET book_peak = u.book_result + o.open_result
    FROM json_to_recordset(p_open) AS o (scope text, scope_key text, open_result numeric)
    WHERE u.user_id = app_current_user() AND u.environment = p_environment
      AND u.scope IN ('strategy', 'symbol') AND u.scope = o.scope AND u.scope_key = o.scope_key
      AND u.book_peak < u.book_result + o.open_result;
END $$
"""

# On a person's word the drawdown is counted from what was realised, where by that alone the scope's own limit is
# reached: a resume for another reason changes nothing.
BEGIN_ANEW = """
CREATE FUNCTION begin_books_anew() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    WITH begun AS (
        UPDATE risk_usage u SET book_peak = u.book_result
        FROM scoped_risk_settings s, risk_state r
        WHERE u.user_id = app_current_user() AND u.book_peak > u.book_result
          AND (s.user_id, s.scope, s.scope_key) = (u.user_id, u.scope, u.scope_key)
          AND (r.user_id, r.environment) = (u.user_id, u.environment) AND r.wallet_id IS NULL
          AND (u.book_peak - u.book_result) * 100 >= r.peak_equity * s.max_drawdown_percent
        RETURNING 1
    )
    SELECT count(*) FROM begun
$$
"""

BACKFILL = """
UPDATE risk_usage u SET book_result = b.result, book_peak = greatest(0, b.peak)
FROM (
    SELECT user_id, environment, scope, scope_key, max(run) AS peak,
           (array_agg(run ORDER BY closed_at DESC, id DESC))[1] AS result
    FROM (
        SELECT t.user_id, t.environment, s.scope, s.scope_key, t.closed_at, t.id,
               sum(t.realized_pnl - t.fees + t.funding) OVER (
                   PARTITION BY t.user_id, t.environment, s.scope, s.scope_key ORDER BY t.closed_at, t.id
               ) AS run
        FROM trades t, LATERAL (VALUES ('strategy', t.strategy), ('symbol', t.symbol)) s (scope, scope_key)
        WHERE t.status = 'CLOSED'
    ) closed
    GROUP BY user_id, environment, scope, scope_key
) b
WHERE (u.user_id, u.environment, u.scope, u.scope_key) = (b.user_id, b.environment, b.scope, b.scope_key)
"""

_OF_TENANTS = ("lift_book_peaks(text, json)", "begin_books_anew()")


def statements() -> Iterator[str]:
    """Every statement, in order; run as the owner after the two columns exist."""
    yield COUNT_RESULT
    yield LIFT
    yield BEGIN_ANEW
    for signature in _OF_TENANTS:
        yield f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {signature} TO {TENANT_ROLES}"
    yield BACKFILL


def undo_statements(count_losses: str) -> Iterator[str]:
    """Undo `statements`, with the function that stood before; run before the columns are dropped."""
    for signature in _OF_TENANTS:
        yield f"DROP FUNCTION {signature}"
    yield count_losses.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
