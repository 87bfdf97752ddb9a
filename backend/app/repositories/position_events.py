"""Reactions of the exit rules, made durable: the wish to leave, work for the executor, and the event itself.

One statement, so that a batch is one commit. It writes only for shards whose lease is still this monitor's, and
asks for an exit only where nobody has asked: two monitors, or one that comes back from the dead, leave one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec

from app.repositories.open_trades import BETTER_EXTREME, WATCHED

EXIT, SCALE_OUT, MOVE_STOP, ARM, LADDER_STEP = "exit", "scale_out", "move_stop", "arm", "ladder_step"


class ReactionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a price caused. `action` is EXIT, SCALE_OUT, MOVE_STOP, ARM or LADDER_STEP; `epoch` that of
    the monitor's lease on the shard; `at` market time; `reason` of an exit."""

    trade_id: UUID
    user_id: UUID
    wallet_id: UUID
    shard: int
    epoch: int
    action: str
    rule: str
    mark_price: Decimal
    best_price: Decimal
    at: datetime
    reason: str | None = None
    stop_price: Decimal | None = None
    step: int | None = None


_WRITE = """
WITH asked AS MATERIALIZED (
    SELECT a.* FROM json_to_recordset(CAST($1 AS json)) AS a (
        trade_id uuid, user_id uuid, wallet_id uuid, shard integer, epoch bigint, action text, rule text,
        mark_price numeric, best_price numeric, at timestamptz, reason text, stop_price numeric, step integer)
    JOIN monitor_leases l ON l.shard = a.shard AND l.epoch = a.epoch AND l.holder = $2
), left_now AS (
    UPDATE trades SET exit_requested = a.reason, extreme_price = BETTER
    FROM asked a WHERE a.action = 'exit' AND trades.id = a.trade_id AND trades.exit_requested IS NULL
        AND trades.status = ANY($3::text[])
    RETURNING trades.id
), armed AS (
    UPDATE trades SET trailing_armed = true, extreme_price = BETTER
    FROM asked a WHERE a.action = 'arm' AND trades.id = a.trade_id
), held AS MATERIALIZED (
    SELECT * FROM asked WHERE action <> 'exit' OR trade_id IN (SELECT id FROM left_now)
), put AS (
    INSERT INTO outbox (kind, shard, user_id, wallet_id, payload, dedupe_key)
    SELECT action, shard, user_id, wallet_id, jsonb_strip_nulls(jsonb_build_object(
            'trade_id', trade_id, 'reason', reason, 'step', step,
            'stop_price', CASE WHEN action = 'move_stop' THEN stop_price::text END)),
        action || ':' || trade_id || CASE WHEN action IN ('scale_out', 'ladder_step') THEN ':' || step ELSE '' END
    FROM held WHERE action <> 'arm'
    ON CONFLICT (dedupe_key) WHERE processed_at IS NULL
        DO UPDATE SET payload = EXCLUDED.payload
        WHERE outbox.kind = 'move_stop' AND outbox.payload <> EXCLUDED.payload
    RETURNING dedupe_key
), noted AS (
    INSERT INTO position_events (user_id, trade_id, rule, action, mark_price, stop_price, step, at)
    SELECT user_id, trade_id, rule, action, mark_price, stop_price, step, at FROM held
    WHERE action <> 'move_stop' OR 'move_stop:' || trade_id IN (SELECT dedupe_key FROM put)
    ON CONFLICT DO NOTHING
)
SELECT trade_id, user_id, shard, action FROM held
""".replace("BETTER", BETTER_EXTREME.replace("BEST", "a.best_price"))

# A commit that notifies waits for every other one that does, its way to the disk included. So what was written is
# told by a commit of its own that does not wait for the disk: it carries nothing that could be lost.
_TELL = """
SELECT set_config('synchronous_commit', 'off', true), (
    SELECT count(*) FROM (
        SELECT pg_notify('outbox', shard::text) FROM (SELECT DISTINCT unnest($1::integer[]) AS shard) s
        UNION ALL
        SELECT pg_notify('user_events', json_build_object('user_id', user_id, 'kind', 'position', 'id', id)::text)
        FROM (SELECT DISTINCT * FROM unnest($2::uuid[], $3::uuid[]) AS u (user_id, id)) p
    ) told)
"""


@dataclass(frozen=True, slots=True)
class Written:
    """A reaction that is durable."""

    trade_id: UUID
    user_id: UUID
    shard: int
    action: str


class SystemReactionRepository:
    """Reactions of every tenant's positions, over a bare connection of the system role."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def write(self, rows: Sequence[ReactionRow], holder: str) -> list[Written]:
        """Write them durably; returns what was written. Left out is what belongs to a shard that is another
        monitor's by now, and the exit of a trade that is left already."""
        text_of_rows = msgspec.json.encode(rows).decode()
        found = await self._connection.fetch(_WRITE, text_of_rows, holder, list(WATCHED))
        return [Written(*row) for row in found]

    async def tell(self, written: Sequence[Written]) -> None:
        """Wake the executors of the shards and the pages of the users."""
        shards = [one.shard for one in written if one.action != ARM]
        await self._connection.fetchval(
            _TELL, shards, [one.user_id for one in written], [one.trade_id for one in written]
        )
