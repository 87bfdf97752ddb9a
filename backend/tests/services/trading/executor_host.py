"""Executors as processes of their own, with a crash point or without, for tests that stop and kill them."""

from dataclasses import dataclass
from pathlib import Path

from app.core.config import Settings
from app.core.crash_points import VARIABLE
from tests.paper_venue import PaperVenue
from tests.services.trading.floor import MARGIN_MS, RECEIVE_WINDOW_MS, WEIGHT_LIMIT
from tests.services.trading.nursery import Nursery


@dataclass
class ExecutorHost(Nursery):
    """Executors over one database and one paper exchange; `folder` keeps their log and the crash file."""

    settings: Settings
    venue: PaperVenue
    folder: Path
    margin_ms: int = MARGIN_MS
    receive_window_ms: int = RECEIVE_WINDOW_MS
    mutant: str | None = None
    redis_url: str = ""
    paper_weight: int = WEIGHT_LIMIT
    most_shards: int | None = None  # of four, for each executor
    may_crash: bool = True  # False: nobody asks for it, and no step looks whether somebody does
    module = "tests.services.trading.executor_nursery"

    @property
    def crash_file(self) -> Path:
        return self.folder / "crash"

    def arguments(self) -> list[str]:
        """Where the venue is, and what is wrong with the executors."""
        most = "" if self.most_shards is None else str(self.most_shards)
        return [self.venue.url, self.venue.token, self.mutant or "", most]

    def environment(self) -> dict[str, str]:
        """The settings of the test, as an executor reads them."""
        return {
            "DATABASE_URL": self.settings.database_url,
            "STACKALPHA_SECRET_KEY": self.settings.secret_key.get_secret_value(),
            "STACKALPHA_VAR_DIR": str(self.folder),
            "STACKALPHA_RECEIVE_WINDOW_MILLISECONDS": str(self.receive_window_ms),
            "STACKALPHA_OUTCOME_MARGIN_MILLISECONDS": str(self.margin_ms),
            "STACKALPHA_SHARD_COUNT": "4",
            "STACKALPHA_PAPER_WEIGHT_PER_MINUTE": str(self.paper_weight),
            **({VARIABLE: str(self.crash_file)} if self.may_crash else {}),
            **({"REDIS_URL": self.redis_url} if self.redis_url else {}),
        }
