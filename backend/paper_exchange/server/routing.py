"""Which function answers which path, what it weighs, and who may call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from paper_exchange.clock import TransportClock
from paper_exchange.engine.accounts import Account
from paper_exchange.engine.market import Market
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.listen_keys import ListenKeys
from paper_exchange.server.parameters import Parameters
from paper_exchange.server.rates import RateLimits
from paper_exchange.venue import Venue


class Access(Enum):
    PUBLIC = auto()
    KEY = auto()
    SIGNED = auto()


@dataclass(frozen=True, slots=True)
class Services:
    """What the answers are made from."""

    venue: Venue
    rates: RateLimits
    listen_keys: ListenKeys
    flush_depth: Callable[[str], None]
    clock: TransportClock


@dataclass(frozen=True, slots=True)
class Call:
    """One request to one endpoint; `now` is market time in ms."""

    services: Services
    parameters: Parameters
    now: int
    signer: Account | None = None

    @property
    def venue(self) -> Venue:
        return self.services.venue

    @property
    def account(self) -> Account:
        """The account behind the key; endpoints open to the public have none."""
        if self.signer is None:
            raise VenueError(Refusal.BAD_KEY_FORMAT)
        return self.signer

    def market(self, name: str = "symbol") -> Market:
        """The market that the parameter names."""
        return self.venue.exchange.state.market(self.parameters.text(name))

    def markets(self) -> list[Market]:
        """The market asked for, or all of them."""
        if self.parameters.optional("symbol") is None:
            return list(self.venue.exchange.markets.values())
        return [self.market()]


Answer = Callable[[Call], object]
Weight = int | Callable[[Parameters], int]


@dataclass(frozen=True, slots=True)
class Route:
    answer: Answer
    weight: Weight
    access: Access
    counts_as_order: bool = False
    reads_history: bool = False
    orders_in_ten: int = 1

    def weigh(self, parameters: Parameters) -> int:
        return self.weight if isinstance(self.weight, int) else self.weight(parameters)


Routes = dict[tuple[str, str], Route]


def per_symbol(single: int, everything: int) -> Callable[[Parameters], int]:
    """One weight when a symbol is named, another when all are asked for."""
    return lambda parameters: single if parameters.optional("symbol") is not None else everything


def tiered(default: int, *tiers: tuple[int, int]) -> Callable[[Parameters], int]:
    """A weight that grows with `limit`: the first tier (bound, weight) that holds it; the last beyond."""

    def weigh(parameters: Parameters) -> int:
        limit = parameters.integer("limit")
        asked = default if limit is None else limit
        return next((weight for bound, weight in tiers if asked <= bound), tiers[-1][1])

    return weigh


def signed(
    method: str, path: str, answer: Answer, weight: Weight = 1, reads_history: bool = False
) -> tuple[tuple[str, str], Route]:
    """An entry of `Routes` for an endpoint that wants a signature."""
    return (method, path), Route(answer, weight, Access.SIGNED, reads_history=reads_history)
