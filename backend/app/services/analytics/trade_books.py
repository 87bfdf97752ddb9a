"""Trades of a user as columns, kept in this process and brought up to date from the ledger's newest postings.

A posting counts as settled ten minutes after it was written: until then an older number may still appear beside it
(numbers are given before the commit), so that younger ones are read again each time. Losing the books loses
nothing: they are read anew.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from math import inf
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from app.domain.attribution import NEVER, Cut, Labels, TradeColumns
from app.repositories.trade_results import LonePosting, ResultSums, TradeFacts, TradeResultRepository

SETTLED_AFTER: Final = timedelta(minutes=10)
MOST_ROWS: Final = 400_000  # over all books of a process, about 100 MB
MOVED_AT_ONCE: Final = 500  # closed trades that wait before the large columns are written anew
NAMED_AT_MOST: Final = 1_000  # trades asked for by name; more are read with all others
UNTAGGED, NO_TRADE, STILL_OPEN = "untagged", "no trade", "open"
NOTHING: Final = (0, 0, 0)
FIGURES: Final = ("opened", "closed", "realized", "fees", "funding", "slippage", "risk", "traded")

Ints = npt.NDArray[np.int64]
Key = UUID | int  # a trade, or the number of a posting that belongs to none


@dataclass(slots=True)
class _Row:
    """One trade, or one posting without one, in units of 1e-8 and milliseconds."""

    words: tuple[str, ...]  # in the order of Cut, the tag left out
    figures: list[int]  # in the order of FIGURES


@dataclass(frozen=True, slots=True)
class Book:
    """Columns with what else analytics needs of each row: the trade (None for a posting without one) and the
    notional of its fills."""

    columns: TradeColumns
    ids: Sequence[UUID | None]
    traded: Ints


@dataclass(slots=True)
class _Kept:
    """What is kept of one user and environment."""

    watermark: int = 0
    names: dict[Cut, dict[str, int]] = field(default_factory=lambda: {cut: {} for cut in Cut})
    places: dict[UUID, int] = field(default_factory=dict)
    ids: list[UUID | None] = field(default_factory=list)
    codes: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty((len(Cut), 0), dtype=np.int32))
    figures: Ints = field(default_factory=lambda: np.empty((len(FIGURES), 0), dtype=np.int64))
    moving: dict[UUID, list[int]] = field(
        default_factory=dict
    )  # settled sums of trades not yet in the columns
    version: tuple[object, ...] | None = None
    book: Book | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def forget(self) -> None:
        """Be as new."""
        fresh = _Kept()
        for one in fields(self):
            if one.name != "lock":
                setattr(self, one.name, getattr(fresh, one.name))


class TradeBooks:
    """One per process. The least recently used books go first when there are too many rows."""

    def __init__(self, now: Callable[[], datetime], most_rows: int = MOST_ROWS) -> None:
        self._now = now
        self._most_rows = most_rows
        self._kept: OrderedDict[tuple[UUID, str, str], _Kept] = OrderedDict()

    async def book(
        self,
        results: TradeResultRepository,
        user_id: UUID,
        environment: str,
        zone: str,
        version: tuple[object, ...],
    ) -> Book:
        """The user's trades as of `version`; hours are of the time zone."""
        kept = self._kept.setdefault((user_id, environment, zone), _Kept())
        self._kept.move_to_end((user_id, environment, zone))
        async with kept.lock:
            if kept.book is None or kept.version != version:
                try:
                    kept.book = await self._refreshed(kept, results, user_id, environment, zone)
                except BaseException:
                    kept.forget()  # half of a reading may be in it: the next one begins anew
                    raise
                kept.version = version
            book = kept.book
        self._make_room()
        return book

    async def _refreshed(
        self, kept: _Kept, results: TradeResultRepository, user_id: UUID, environment: str, zone: str
    ) -> Book:
        cutoff = self._now() - SETTLED_AFTER
        sums = await results.sums(user_id, environment, kept.watermark, cutoff)
        alone = await results.alone(user_id, environment, kept.watermark, cutoff)
        recent = _settle(kept, sums, alone)
        loose = [key for key in {*kept.moving, *recent} if key not in kept.places]
        wanted = loose if len(loose) <= NAMED_AT_MOST else None
        facts = (
            {one.id: one for one in await results.facts(user_id, environment, zone, wanted)} if loose else {}
        )
        tags = await results.tags(user_id)
        if len(loose) <= NAMED_AT_MOST:
            return _written(kept, loose, facts, recent, alone, zone, tags)
        # A first reading of very many trades: elsewhere, so that other requests are answered meanwhile.
        return await asyncio.to_thread(_written, kept, loose, facts, recent, alone, zone, tags)

    def _make_room(self) -> None:
        while len(self._kept) > 1 and sum(len(one.ids) for one in self._kept.values()) > self._most_rows:
            self._kept.popitem(last=False)


def _written(
    kept: _Kept,
    loose: Sequence[UUID],
    facts: dict[UUID, TradeFacts],
    recent: dict[UUID, list[int]],
    alone: Sequence[LonePosting],
    zone: str,
    tags: dict[UUID, str],
) -> Book:
    """Write what was read into what is kept, and put all of it together."""
    in_order = sorted((facts[key] for key in loose if key in facts), key=_closing)
    rows: dict[Key, _Row] = {
        one.id: _trade_row(one, kept.moving.get(one.id, NOTHING), recent.get(one.id, NOTHING))
        for one in in_order
    }
    rows |= {one.number: _lone_row(one, ZoneInfo(zone)) for one in alone}
    _move(kept, rows, facts, recent, {one.number for one in alone if one.is_settled})
    return _book(kept, rows, recent, tags)


def _settle(kept: _Kept, sums: Sequence[ResultSums], alone: Sequence[LonePosting]) -> dict[UUID, list[int]]:
    """Take what is settled into what is kept; return the sums of what is not, by trade."""
    recent: dict[UUID, list[int]] = {}
    for one in sums:
        amounts = [one.realized, one.fees, one.funding]
        if not one.is_settled:
            recent[one.trade_id] = amounts
            continue
        kept.watermark = max(kept.watermark, one.newest)
        place = kept.places.get(one.trade_id)
        if place is None:
            before = kept.moving.get(one.trade_id)
            kept.moving[one.trade_id] = (
                amounts if before is None else [old + new for old, new in zip(before, amounts, strict=True)]
            )
        else:
            kept.figures[2:5, place] += np.array(amounts)
    settled = [one.number for one in alone if one.is_settled]
    kept.watermark = max(kept.watermark, max(settled, default=0))
    return recent


def _move(
    kept: _Kept,
    rows: dict[Key, _Row],
    facts: dict[UUID, TradeFacts],
    recent: dict[UUID, list[int]],
    lone: set[int],
) -> None:
    """Write into the large columns what will hardly change: closed trades and postings, all of them settled."""
    over = [
        key  # in closing order, as the rows are
        for key in rows
        if isinstance(key, UUID) and facts[key].closed_ms is not None and key not in recent
    ]
    settled: list[Key] = [*over, *lone] if len(over) >= MOVED_AT_ONCE else [*lone]
    if not settled:
        return
    codes, figures = _arrays(kept, [rows[key] for key in settled])
    for key in settled:
        if isinstance(key, UUID):
            kept.places[key] = len(kept.ids)
            kept.moving.pop(key, None)
        kept.ids.append(key if isinstance(key, UUID) else None)
        del rows[key]
    kept.codes = np.concatenate((kept.codes, codes), axis=1)
    kept.figures = np.concatenate((kept.figures, figures), axis=1)


def _book(kept: _Kept, rows: dict[Key, _Row], recent: dict[UUID, list[int]], tags: dict[UUID, str]) -> Book:
    """All rows together: the large columns, the loose rows, late postings and the tags of now."""
    more_codes, more_figures = _arrays(kept, list(rows.values()))
    codes = np.concatenate((kept.codes, more_codes), axis=1)
    figures = np.concatenate((kept.figures, more_figures), axis=1)
    for trade_id, amounts in recent.items():
        place = kept.places.get(trade_id)
        if place is not None:
            figures[2:5, place] += np.array(amounts)
    ids = [*kept.ids, *(key if isinstance(key, UUID) else None for key in rows)]
    names = kept.names[Cut.TAG]
    tag_codes = codes[list(Cut).index(Cut.TAG)]
    if tags:
        loose = {key: len(kept.ids) + place for place, key in enumerate(rows)}
        for trade_id, tag in tags.items():
            place = kept.places.get(trade_id, loose.get(trade_id))
            if place is not None:
                tag_codes[place] = names.setdefault(tag, len(names))
    opened, closed, realized, fees, funding, slippage, risk, traded = figures
    columns = TradeColumns(
        labels={cut: Labels(codes[place], tuple(kept.names[cut])) for place, cut in enumerate(Cut)},
        is_trade=np.array([one is not None for one in ids], dtype=np.bool_),
        opened_ms=opened,
        closed_ms=closed,
        realized=realized,
        fees=fees,
        funding=funding,
        slippage=slippage,
        risk=risk,
    )
    return Book(columns, ids, traded)


def _arrays(kept: _Kept, rows: list[_Row]) -> tuple[npt.NDArray[np.int32], Ints]:
    codes = np.empty((len(Cut), len(rows)), dtype=np.int32)
    for place, cut in enumerate(Cut):
        names = kept.names[cut]
        codes[place] = [names.setdefault(row.words[place], len(names)) for row in rows]
    figures = np.array([row.figures for row in rows], dtype=np.int64).reshape(len(rows), len(FIGURES)).T
    return codes, figures


def _closing(facts: TradeFacts) -> float:
    """Where a trade stands among others: those still open behind all."""
    return inf if facts.closed_ms is None else facts.closed_ms


def _trade_row(facts: TradeFacts, settled: Sequence[int], recent: Sequence[int]) -> _Row:
    is_open = facts.closed_ms is None
    return _Row(
        (  # in the order of Cut
            facts.symbol,
            facts.side,
            facts.strategy,
            facts.timeframe,
            facts.hour or "none",
            UNTAGGED,
            STILL_OPEN if is_open else facts.exit_reason or "unknown",
            facts.model,
            facts.wallet_id,
        ),
        [
            NEVER if facts.opened_ms is None else facts.opened_ms,
            NEVER if facts.closed_ms is None else facts.closed_ms,
            settled[0] + recent[0],
            settled[1] + recent[1],
            settled[2] + recent[2],
            facts.slippage,
            facts.risk,
            facts.traded,
        ],
    )


def _lone_row(one: LonePosting, zone: ZoneInfo) -> _Row:
    at = round(one.at.timestamp() * 1000)
    words = dict.fromkeys(Cut, NO_TRADE) | {
        Cut.SYMBOL: one.symbol or NO_TRADE,
        Cut.HOUR: f"{one.at.astimezone(zone).hour:02}",
        Cut.TAG: UNTAGGED,
        Cut.WALLET: str(one.wallet_id),
    }
    realized = one.amount if one.kind == "realized_pnl" else 0
    funding = one.amount if one.kind == "funding" else 0
    return _Row(
        tuple(words[cut] for cut in Cut),
        [at, at, realized, one.amount - realized - funding, funding, 0, 0, 0],
    )
