"""Authenticated GET of one row from one API process, beside bare Starlette in the same run.

`python -m benchmarks.api_get_one` prints `path.get_one_rps`. The row is the asking user's (`GET /api/v1/me`):
the token's signature and session are checked and the row is read in a transaction under row-level security.
"""

import asyncio
import sys
from statistics import median
from uuid import uuid4

import asyncpg

from app.core.clock import utc_now
from app.core.config import Settings, jwt_key
from app.core.security import AccessTokens
from benchmarks.figure import figure_line
from benchmarks.load import answers_per_second
from benchmarks.served import api_process, bare_starlette_process, benchmark_settings

ROUNDS = 5
SECONDS = 2.0
WARM_UP_SECONDS = 1.0
TOKEN_SECONDS = 7200  # filling a database with millions of rows takes longer than a token mostly lasts
PATH = "/api/v1/me"


async def signed_in_header(settings: Settings) -> dict[str, str]:
    """The header of a user who has signed in."""
    user_id, session_id = uuid4(), uuid4()
    connection = await asyncpg.connect(settings.database_url)
    try:
        await connection.execute(
            "INSERT INTO users (id, email, password_hash, email_verified_at) VALUES ($1, $2, 'x', now())",
            user_id,
            f"{user_id}@example.com",
        )
        await connection.execute(
            "INSERT INTO sessions (id, user_id, expires_at) VALUES ($1, $2, now() + interval '1 day')",
            session_id,
            user_id,
        )
    finally:
        await connection.close()
    token = AccessTokens(jwt_key(settings), TOKEN_SECONDS).issue(user_id, session_id, utc_now())
    return {"Authorization": f"Bearer {token}"}


async def interleaved(
    api_port: int, starlette_port: int, headers: dict[str, str], path: str
) -> tuple[float, float]:
    """Medians of the API's and of bare Starlette's rates, taken in turns."""
    ours: list[float] = []
    limits: list[float] = []
    await answers_per_second(api_port, path, headers, seconds=WARM_UP_SECONDS)
    await answers_per_second(starlette_port, "/", headers, seconds=WARM_UP_SECONDS)
    for _ in range(ROUNDS):
        ours.append(await answers_per_second(api_port, path, headers, seconds=SECONDS))
        limits.append(await answers_per_second(starlette_port, "/", headers, seconds=SECONDS))
    return median(ours), median(limits)


def measure_get_one(path: str = PATH) -> str:
    """Measure and return the figure's JSON line."""
    with benchmark_settings() as settings:
        headers = asyncio.run(signed_in_header(settings))
        with api_process(settings) as api_port, bare_starlette_process(settings.var_dir) as starlette_port:
            ours, limit = asyncio.run(interleaved(api_port, starlette_port, headers, path))
    return figure_line("path.get_one_rps", ours, "1/s", limit="bare Starlette", limit_value=limit)


def main() -> None:
    """Print the figure."""
    print(measure_get_one(*sys.argv[1:2]))


if __name__ == "__main__":
    main()
