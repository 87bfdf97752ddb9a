"""The operator's routes for faults: set anew, listed, cleared, and what happens at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from paper_exchange.server.fault_rules import Fields, Reader
from paper_exchange.server.faults import Faults

ACTS = frozenset({"account", "expire_listen_keys", "drop_sockets"})


@dataclass(frozen=True, slots=True)
class FaultAdmin:
    """`expire_listen_keys` and `drop_sockets` act on one account or (None) on all; they return how many."""

    faults: Faults
    expire_listen_keys: Callable[[str | None], int]
    drop_sockets: Callable[[str | None], int]

    async def listed(self, _: Fields) -> Fields:
        return self.faults.listing()

    async def replaced(self, fields: Fields) -> Fields:
        self.faults.replace(fields)
        return self.faults.listing()

    async def cleared(self, _: Fields) -> Fields:
        self.faults.clear()
        return self.faults.listing()

    async def acted(self, fields: Fields) -> Fields:
        reader = Reader(fields, "", ACTS)
        reader.refuse_unknown()
        account = reader.text("account")
        acts = (("expire_listen_keys", self.expire_listen_keys), ("drop_sockets", self.drop_sockets))
        for name, act in acts:
            if reader.flag(name):
                self.faults.fired[name] += act(account)
        return self.faults.listing()
