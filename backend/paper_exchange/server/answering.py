"""One route's answer, told only when everything that it may reveal is in the journal."""

from __future__ import annotations

from paper_exchange import clock
from paper_exchange.engine.accounts import Account
from paper_exchange.engine.past import Picture
from paper_exchange.server.fault_rules import FaultMode, RequestRule
from paper_exchange.server.faults import STALE_SECONDS
from paper_exchange.server.parameters import Parameters
from paper_exchange.server.routing import Call, Route, Services


async def durable_answer(
    services: Services, route: Route, parameters: Parameters, signer: Account | None, lag: RequestRule | None
) -> object:
    """What the route answers `signer` (None: the public), as it was when `lag` says so (None: as it is).

    Refusals are raised, after the commit as well.
    """
    venue = services.venue
    if route.reads_history:
        await venue.settled()
    picture = _past(services, signer, lag)
    account = signer if picture is None else picture.account
    try:
        with venue.history.seen_at(picture):
            return route.answer(Call(services, parameters, venue.now(), account))
    finally:
        if signer is not None:
            # Nothing private is told before it is in the journal; a refusal tells something, too.
            await venue.settled()


def read_lag(rule: RequestRule | None, method: str) -> RequestRule | None:
    """The rule, if it makes a read of that method lag."""
    return rule if rule is not None and rule.mode is FaultMode.STALE and method == "GET" else None


def _past(services: Services, signer: Account | None, lag: RequestRule | None) -> Picture | None:
    """The past that a lagging read is answered from; None for everything else."""
    if lag is None or signer is None:
        return None
    lag_ms = int(lag.delay_seconds(STALE_SECONDS) * 1_000)
    return services.venue.past.at(signer, clock.wall_ms() - lag_ms)
