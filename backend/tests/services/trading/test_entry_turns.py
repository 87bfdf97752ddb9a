"""Who of the accounts of a process enters next."""

from uuid import UUID

from app.services.trading.entry_turns import EntryTurns

FIRST, SECOND, THIRD, FOURTH = (UUID(int=number) for number in range(4))


def test_an_account_has_one_turn_until_it_ends_it() -> None:
    told: list[UUID] = []
    turns = EntryTurns(at_once=2)

    def ask(wallet: UUID) -> bool:
        return turns.ask(wallet, lambda: told.append(wallet))

    assert [ask(FIRST), ask(FIRST), ask(SECOND), ask(THIRD), ask(FOURTH), ask(THIRD)] == [True] * 3 + [
        False
    ] * 3
    turns.end(FIRST)
    assert told == [THIRD]  # whoever waited longest, however often it asked
    assert ask(THIRD)
    assert not ask(FIRST)
    turns.end(FOURTH)  # waits no longer
    turns.end(SECOND)
    assert told == [THIRD, FIRST]
    turns.end(FOURTH)  # has none
    assert not ask(FOURTH)


def test_a_turn_that_nobody_waits_for_is_free_again() -> None:
    turns = EntryTurns(at_once=1)
    told: list[UUID] = []
    assert turns.ask(FIRST, told.clear)
    turns.end(FIRST)
    turns.end(FIRST)
    assert turns.ask(SECOND, told.clear)
    assert not turns.ask(FIRST, told.clear)
