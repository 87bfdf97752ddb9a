"""A zone that somebody may choose is one that the database can reckon days in."""

import os
from pathlib import Path
from zoneinfo import TZPATH

import asyncpg

from app.domain.loss_windows import TimeZoneError, time_zone


def names_of_files() -> set[str]:
    """Whatever Python opens as a zone, and what lies beside the zones."""
    return {
        os.path.relpath(Path(folder) / name, root)
        for root in TZPATH
        for folder, _, names in os.walk(root)
        for name in names
    }


def is_taken(name: str) -> bool:
    try:
        time_zone(name)
    except TimeZoneError:
        return False
    return True


async def test_every_zone_that_is_taken_is_one_of_the_database(owner_connection: asyncpg.Connection) -> None:
    known = {row["name"] for row in await owner_connection.fetch("SELECT name FROM pg_timezone_names")}
    asked = names_of_files() | {"UTC", "Europe/Berlin", "localtime", "right/Europe/Berlin"}
    taken = {name for name in asked if is_taken(name)}
    assert {"UTC", "Europe/Berlin"} <= taken
    assert taken - known == set()
