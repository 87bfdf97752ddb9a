"""Telling users: what is emitted inside the caller's transaction, delivered once that commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.notification_events import KIND_OF, NotificationEvent, written
from app.repositories.row_sets import as_json

CHANNEL: Final = "notifications"
TITLE_CHARACTERS: Final = 200

# One statement: the row, unless this was told before, and both doorbells, which ring when it commits.
_INSERT = """
    WITH made AS (
        INSERT INTO notifications
            (user_id, wallet_id, event, level, subject, dedupe_key, title, sentence, figures, in_app)
        SELECT reader.id, CAST(:wallet_id AS uuid), CAST(:event AS varchar), :level, :subject, :dedupe_key,
               :title, :sentence, :figures,
               COALESCE((SELECT p.mode FROM notification_preferences p
                         WHERE p.user_id = reader.id AND p.event = CAST(:event AS varchar)
                           AND p.channel = 'in_app'), 'on')
        FROM {readers}
        ON CONFLICT (user_id, event, dedupe_key) DO NOTHING
        RETURNING id, user_id
    )
    SELECT pg_notify('notifications', id::text),
           pg_notify('user_events', json_build_object('user_id', user_id, 'kind', 'notification', 'id', id)::text)
    FROM made
"""
_TO_ONE = text(_INSERT.format(readers="(SELECT CAST(:user_id AS uuid) AS id) AS reader")).bindparams(
    bindparam("figures", type_=JSONB)
)
_MANY = text(
    """
    WITH made AS (
        INSERT INTO notifications
            (user_id, wallet_id, event, level, subject, dedupe_key, title, sentence, figures, in_app)
        SELECT told.user_id, told.wallet_id, told.event, told.level, told.subject, told.dedupe_key, told.title,
               told.sentence, told.figures,
               COALESCE((SELECT p.mode FROM notification_preferences p WHERE p.user_id = told.user_id
                         AND p.event = told.event AND p.channel = 'in_app'), 'on')
        FROM json_to_recordset(CAST(:rows AS json)) AS told (user_id uuid, wallet_id uuid, event varchar,
            level varchar, subject varchar, dedupe_key varchar, title varchar, sentence text, figures jsonb)
        ON CONFLICT (user_id, event, dedupe_key) DO NOTHING
        RETURNING id, user_id
    )
    SELECT pg_notify('notifications', id::text),
           pg_notify('user_events', json_build_object('user_id', user_id, 'kind', 'notification', 'id', id)::text)
    FROM made
"""
)
_TO_ADMINISTRATORS = text(
    _INSERT.format(readers="users AS reader WHERE reader.role = 'admin' AND reader.disabled_at IS NULL")
).bindparams(bindparam("figures", type_=JSONB))


@dataclass(frozen=True, slots=True)
class Told:
    """One event for one user, as `NotificationOutbox.emit` takes it."""

    event: NotificationEvent
    dedupe_key: str
    figures: Mapping[str, str]
    subject: str = ""
    wallet_id: UUID | None = None


class NotificationOutbox:
    """Tells one user of an event. Works in a tenant's transaction and in the system's."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def emit(
        self,
        user_id: UUID,
        event: NotificationEvent,
        *,
        dedupe_key: str,
        figures: Mapping[str, str],
        subject: str = "",
        wallet_id: UUID | None = None,
    ) -> None:
        """Tell the user of the event when this transaction commits; once per `dedupe_key`, whoever says it again.

        `figures` fill the event's sentence (see `EVENT_KINDS`) and go to programs; ids and amounts as text, no
        secrets. `subject` is what it is about: repeats of an event about the same subject within a day are told
        by the outside channels the 1st, 2nd, 4th, 8th, ... time.
        """
        values = _values(event, dedupe_key, figures, subject, wallet_id)
        await self._session.execute(_TO_ONE, {"user_id": user_id, **values})

    async def emit_all(self, user_id: UUID, events: Sequence[Told]) -> None:
        """`emit` for many events of one user in one statement."""
        await _emit(self._session, [(user_id, one) for one in events])


class SystemNotificationOutbox:
    """Tells the operators, and many users at once; needs the system role's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def emit_to_each(self, events: Sequence[tuple[UUID, Told]]) -> None:
        """`NotificationOutbox.emit` for many users, with whom each event is for, in one statement."""
        await _emit(self._session, events)

    async def emit_to_administrators(
        self, event: NotificationEvent, *, dedupe_key: str, figures: Mapping[str, str], subject: str = ""
    ) -> None:
        """Tell every administrator."""
        await self._session.execute(_TO_ADMINISTRATORS, _values(event, dedupe_key, figures, subject, None))


async def _emit(session: AsyncSession, events: Sequence[tuple[UUID, Told]]) -> None:
    rows = [
        {"user_id": user_id} | _values(one.event, one.dedupe_key, one.figures, one.subject, one.wallet_id)
        for user_id, one in events
    ]
    await session.execute(_MANY, {"rows": as_json(rows)})


def _values(
    event: NotificationEvent,
    dedupe_key: str,
    figures: Mapping[str, str],
    subject: str,
    wallet_id: UUID | None,
) -> dict[str, object]:
    title, sentence = written(event, figures)
    return {
        "wallet_id": wallet_id,
        "event": event.value,
        "level": KIND_OF[event].level.value,
        "subject": subject,
        "dedupe_key": dedupe_key,
        "title": title[:TITLE_CHARACTERS],
        "sentence": sentence,
        "figures": dict(figures),
    }
