"""Postgres and Redis for one run: our own where no address is set."""

from types import TracebackType
from typing import Self

from app.adapters.embedded.postgres import EmbeddedPostgres
from app.adapters.embedded.postgres_home import remove_postgres_home
from app.adapters.embedded.redis import EmbeddedRedis
from app.cli.run_folder import RunFolder
from app.core.config import Settings, derive_key


class Services:
    """The two services that everything else needs. Leaving the context stops Redis, then Postgres."""

    def __init__(self, settings: Settings, folder: RunFolder) -> None:
        self._settings = settings
        self._folder = folder
        var, log = settings.var_dir, settings.var_dir / "log"
        self._postgres: EmbeddedPostgres | None = None
        self._redis: EmbeddedRedis | None = None
        if not settings.database_url:
            password = derive_key(settings, "embedded-postgres", 24).hex()
            self._postgres = EmbeddedPostgres(
                var / "postgres", password=password, log_path=log / "postgres.log"
            )
        if not settings.redis_url:
            password = derive_key(settings, "embedded-redis", 24).hex()
            self._redis = EmbeddedRedis(var / "redis", password=password, log_path=log / "redis.log")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start_postgres(self) -> None:
        """Start Postgres if it is ours and not running."""
        if self._postgres is not None and not self._postgres.is_running:
            self._postgres.start()
            self._note("postgres", self._postgres.pid)

    def start_redis(self) -> None:
        """Start Redis if it is ours and not running."""
        if self._redis is not None and not self._redis.is_running:
            self._redis.start()
            self._note("redis", self._redis.pid)

    def dead(self) -> list[str]:
        """Names of our own services that were started and have died."""
        found = []
        if self._postgres is not None and not self._postgres.is_running:
            found.append("postgres")
        if self._redis is not None and not self._redis.is_running:
            found.append("redis")
        return found

    def settings(self) -> Settings:
        """The settings with the addresses of the started services filled in."""
        return self._settings.model_copy(
            update={
                "database_url": self._settings.database_url or self._postgres_url(),
                "redis_url": self._settings.redis_url or (self._redis.url if self._redis else ""),
            }
        )

    def stop(self) -> None:
        """Stop what is ours, Redis first."""
        if self._redis is not None:
            self._redis.stop()
            self._folder.remove_pid("redis")
        if self._postgres is not None:
            self._postgres.stop()
            self._folder.remove_pid("postgres")

    def erase(self) -> None:
        """Delete the data of our own services; neither may be running."""
        if self._redis is not None:
            self._redis.destroy()
        if self._postgres is not None:
            remove_postgres_home(self._settings.var_dir / "postgres")

    def _postgres_url(self) -> str:
        return self._postgres.url if self._postgres is not None else ""

    def _note(self, name: str, pid: int | None) -> None:
        if pid is not None:
            self._folder.write_pid(name, pid)
