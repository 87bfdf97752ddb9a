"""SQL of an administrator's search of users: by a part of the e-mail address or of a wallet's name, or by the
beginning of an id.

Used by migrations only. Newest first; a page begins strictly behind (created, id) of the last row before it.
"""

from collections.abc import Iterator

API_ROLE = "stackalpha_api"
SIGNATURE = "search_users(text, timestamptz, uuid, integer)"
SEARCH = """
CREATE FUNCTION search_users(p_text text, p_created timestamptz, p_id uuid, p_limit integer)
RETURNS TABLE (id uuid, email text, role text, created_at timestamptz, email_verified_at timestamptz,
               disabled_at timestamptz, wallets bigint, open_positions bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF NOT app_is_admin() THEN
        RAISE EXCEPTION 'only an administrator looks at every tenant' USING ERRCODE = '42501';
    END IF;
    RETURN QUERY SELECT u.id, u.email::text, u.role::text, u.created_at, u.email_verified_at, u.disabled_at,
        (SELECT count(*) FROM wallets w WHERE w.user_id = u.id AND w.status = 'active'),
        (SELECT count(*) FROM trades t WHERE t.user_id = u.id
            AND t.status NOT IN ('CLOSED', 'REJECTED', 'EXPIRED'))
    FROM users u
    WHERE (p_created IS NULL OR (u.created_at, u.id) < (p_created, p_id))
      AND (position(lower(p_text) IN lower(u.email)) > 0 OR starts_with(u.id::text, lower(p_text))
        OR EXISTS (SELECT 1 FROM wallets w WHERE w.user_id = u.id
            AND position(lower(p_text) IN lower(w.name)) > 0))
    ORDER BY u.created_at DESC, u.id DESC
    LIMIT p_limit;
END $$
"""


def statements() -> Iterator[str]:
    """Every statement, in order; run as the owner."""
    yield SEARCH
    yield f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {API_ROLE}"


def undo_statements() -> Iterator[str]:
    """Undo `statements`."""
    yield f"DROP FUNCTION {SIGNATURE}"
