"""SQL that erases an account whole: every row of every table that names the user, then the user.

Run by the system role through a function of the owner's, because no other role may delete. Tables are found in
the catalogue, so that a table added later is not forgotten. Foreign keys decide the order: what still is
referred to is tried again in the next round.
"""

ERASE_FUNCTION = """
CREATE FUNCTION erase_account(p_user uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    name text; waiting text[]; again text[]; gone bigint := 0; count bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM users WHERE id = p_user AND deletion_due_at <= now()) THEN
        RAISE EXCEPTION 'this account is not due for deletion' USING ERRCODE = '42501';
    END IF;
    IF EXISTS (SELECT 1 FROM trades WHERE user_id = p_user
               AND status NOT IN ('CLOSED', 'REJECTED', 'EXPIRED')) THEN
        RAISE EXCEPTION 'this account has open positions' USING ERRCODE = '42501';
    END IF;
    SELECT array_agg(c.relname::text ORDER BY c.relname) INTO waiting
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attname = 'user_id' AND NOT a.attisdropped;
    WHILE cardinality(waiting) > 0 LOOP
        again := '{}';
        FOREACH name IN ARRAY waiting LOOP
            BEGIN
                EXECUTE format('DELETE FROM %I WHERE user_id = $1', name) USING p_user;
                GET DIAGNOSTICS count = ROW_COUNT;
                gone := gone + count;
            EXCEPTION WHEN foreign_key_violation THEN
                again := again || name;
            END;
        END LOOP;
        IF cardinality(again) = cardinality(waiting) THEN
            RAISE EXCEPTION 'rows of this account refer to each other: %', array_to_string(again, ', ');
        END IF;
        waiting := again;
    END LOOP;
    DELETE FROM users WHERE id = p_user;
    RETURN gone;
END $$
"""
ERASE_SIGNATURE = "erase_account(uuid)"
