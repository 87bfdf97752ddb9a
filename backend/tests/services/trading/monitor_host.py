"""Monitors as processes of their own, for tests that stop and kill them."""

from dataclasses import dataclass
from pathlib import Path

from app.cli.processes import child_environment
from app.core.config import Settings
from tests.paper_venue import PaperVenue
from tests.services.trading.nursery import Nursery

SHARDS = 4


@dataclass
class MonitorHost(Nursery):
    """Monitors over one database and one paper exchange, and over so many shards; `folder` keeps their log."""

    settings: Settings
    venue: PaperVenue
    folder: Path
    shards: int = SHARDS
    module = "tests.services.trading.monitor_nursery"

    def environment(self) -> dict[str, str]:
        """The settings of the test, over those shards."""
        changed = {"paper_url": self.venue.url, "shard_count": self.shards, "var_dir": self.folder}
        return child_environment(self.settings.model_copy(update=changed))
