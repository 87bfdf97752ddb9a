"""The trades of one account that wait to be looked at, each once: the most urgent first, then who waits longest."""

from collections import OrderedDict
from enum import IntEnum
from uuid import UUID


class Urgency(IntEnum):
    """What may go wrong while a trade waits: a position stands without a stop or is to be left, a position stands, or
    nothing of the trade is at the venue yet."""

    EXPOSED = 0
    HELD = 1
    ENTERING = 2


class TradeLanes:
    """Waiting trades by urgency. Who looked at a trade last says how urgent it is; a nudge changes nothing of it."""

    def __init__(self) -> None:
        self._lanes: dict[Urgency, OrderedDict[UUID, None]] = {urgency: OrderedDict() for urgency in Urgency}
        self._known: dict[UUID, Urgency] = {}

    def __bool__(self) -> bool:
        return any(self._lanes.values())

    def __contains__(self, trade_id: UUID) -> bool:
        return any(trade_id in lane for lane in self._lanes.values())

    @property
    def is_exposed(self) -> bool:
        """Whether a position waits that has no stop or is to be left."""
        return bool(self._lanes[Urgency.EXPOSED])

    @property
    def is_held(self) -> bool:
        """Whether a trade waits of which something is, or may be, at the venue."""
        return bool(self._lanes[Urgency.EXPOSED] or self._lanes[Urgency.HELD])

    @property
    def is_entering(self) -> bool:
        """Whether an entry waits."""
        return bool(self._lanes[Urgency.ENTERING])

    def learn(self, trade_id: UUID, urgency: Urgency | None) -> None:
        """Keep how urgent a trade is; None once it is at rest."""
        if urgency is None:
            self._known.pop(trade_id, None)
        else:
            self._known[trade_id] = urgency

    def learn_of_entry(self, trade_id: UUID) -> None:
        """Somebody has read that a trade is to enter; who looked at it may know that it has."""
        self._known.setdefault(trade_id, Urgency.ENTERING)

    def learn_of_position(self, trade_id: UUID) -> None:
        """Somebody has read that something of a trade is, or may be, at the venue."""
        if self._known.get(trade_id) is Urgency.ENTERING:
            del self._known[trade_id]

    def put(self, trade_id: UUID, *, first: bool = False) -> None:
        """Let a trade wait by what is known of it, behind those as urgent; `first`: before everything else."""
        lane = self._lanes[Urgency.EXPOSED if first else self._known.get(trade_id, Urgency.HELD)]
        if trade_id not in lane:
            self.remove(trade_id)
            lane[trade_id] = None
        if first:
            lane.move_to_end(trade_id, last=False)

    def remove(self, trade_id: UUID) -> None:
        """Let it wait no longer."""
        for lane in self._lanes.values():
            lane.pop(trade_id, None)

    def next_held(self) -> UUID:
        """Take the most urgent trade of which something is, or may be, at the venue."""
        return self._lanes[Urgency.EXPOSED if self._lanes[Urgency.EXPOSED] else Urgency.HELD].popitem(
            last=False
        )[0]

    def next_entering(self) -> UUID:
        """Take the entry that waits longest."""
        return self._lanes[Urgency.ENTERING].popitem(last=False)[0]

    def clear(self) -> None:
        """Nothing waits any more."""
        for lane in self._lanes.values():
            lane.clear()
