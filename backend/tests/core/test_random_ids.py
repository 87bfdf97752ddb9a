"""Ids drawn together: as many as asked for, each of its own and of the random kind."""

from uuid import RFC_4122

from app.core.random_ids import random_ids


def test_ids_drawn_together_are_random_and_of_their_own() -> None:
    ids = list(random_ids(1_000))
    assert len(set(ids)) == 1_000
    assert {(one.version, one.variant) for one in ids} == {(4, RFC_4122)}


def test_of_none_there_are_none() -> None:
    assert list(random_ids(0)) == []
