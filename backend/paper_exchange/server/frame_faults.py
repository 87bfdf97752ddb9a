"""The user stream's last stop: messages leave here, or are lost, doubled or overtaken as the rules say."""

from __future__ import annotations

import asyncio

from paper_exchange.server.fault_rules import FrameMode, FrameRule
from paper_exchange.server.faults import Faults
from paper_exchange.server.streams import Hub

OVERTAKEN_SECONDS = 1.0


class UserFrames:
    """Sends user-stream messages; without rules exactly as they come."""

    def __init__(self, hub: Hub, faults: Faults) -> None:
        self._hub = hub
        self._faults = faults
        self._held: dict[str, list[str]] = {}

    def send(self, account: str, event: str, text: str) -> None:
        rule = self._rule(account, event)
        if rule is not None:
            self._faults.fired[f"frame_{rule.mode.value}"] += 1
        match None if rule is None else rule.mode:
            case FrameMode.DROP:
                return
            case FrameMode.DUPLICATE:
                self._hub.tell(account, text)
                self._hub.tell(account, text)
            case FrameMode.REORDER:
                self._hold_back(account, text)
                return
            case None:
                self._hub.tell(account, text)
        self._release(account)

    def _rule(self, account: str, event: str) -> FrameRule | None:
        for rule in self._faults.frames:
            if rule.matches(account, event) and rule.trigger.pull():
                return rule
        return None

    def _hold_back(self, account: str, text: str) -> None:
        """Until the next message of that account has gone, or for a second when none comes."""
        if account not in self._held:
            asyncio.get_running_loop().call_later(OVERTAKEN_SECONDS, self._release, account)
        self._held.setdefault(account, []).append(text)

    def _release(self, account: str) -> None:
        for text in self._held.pop(account, ()):
            self._hub.tell(account, text)
