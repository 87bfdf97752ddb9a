"""What the crash and faults runs ask our own books."""

# A stop that the venue took protects from its deadline at the latest: what comes later, the venue refuses. When we
# knew of it is told beside it, since an answer that is lost is asked for as soon as the venue answers again.
NAKED = """
    SELECT t.id, extract(epoch FROM least(known.at, taken.at) - entry.at)::float AS seconds,
        extract(epoch FROM known.at - entry.at)::float AS known
    FROM trades t
    CROSS JOIN LATERAL (SELECT min(o.sent_at) AS at FROM orders o
        WHERE o.trade_id = t.id AND o.leg = 'entry' AND o.filled_quantity > 0) AS entry
    CROSS JOIN LATERAL (SELECT min(l.timestamp) AS at FROM execution_logs l WHERE l.trade_id = t.id
        AND l.action IN ('place_stop', 'move_stop', 'exit', 'exit_filled')
        AND l.status IN ('open', 'partial', 'filled')) AS known
    CROSS JOIN LATERAL (SELECT min(o.deadline) AS at FROM orders o
        WHERE o.trade_id = t.id AND o.leg = 'stop' AND o.exchange_order_id IS NOT NULL) AS taken
    WHERE t.wallet_id = ANY($1) AND t.opened_at IS NOT NULL AND entry.at IS NOT NULL"""
AT_REST = """
    SELECT w.id AS wallet_id, coalesce(array_agg(t.quantity) FILTER (WHERE t.id IS NOT NULL), '{}') AS quantities
    FROM unnest($1::uuid[]) AS w (id) LEFT JOIN trades t
        ON t.wallet_id = w.id AND t.status NOT IN ('CLOSED', 'REJECTED', 'EXPIRED')
    WHERE NOT EXISTS (
        SELECT FROM orders o WHERE o.wallet_id = w.id AND o.status IN ('INTENT', 'SENDING', 'PARTIAL'))
    GROUP BY w.id HAVING coalesce(bool_and(NOT $2 AND t.status = 'PROTECTED' AND t.exit_requested IS NULL
        AND t.entry_until IS NULL AND t.adding_notional = 0) FILTER (WHERE t.id IS NOT NULL), true)"""
RACES = """
    SELECT count(*) FROM orders o WHERE o.wallet_id = ANY($1) AND o.leg = 'stop' AND o.filled_quantity > 0
    AND EXISTS (SELECT 1 FROM orders n WHERE n.trade_id = o.trade_id AND n.sent_at IS NOT NULL
        AND (n.client_order_id = o.replaced_by OR n.leg IN ('exit', 'scale_out') AND n.sent_at > o.sent_at))"""
