"""A record is a frozen dataclass to whoever holds one."""

from dataclasses import asdict, fields, is_dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from app.domain.records import Record
from app.domain.risk_facts import LossWindow
from tests.domain.examples import USER


class Held(Record, frozen=True):
    """Two places, of which one may be left away."""

    quantity: Decimal
    note: str | None = None


class HeldLonger(Held, frozen=True, kw_only=True):
    """The same with one more."""

    days: int = 1


def test_a_record_tells_its_fields_with_those_that_it_inherits() -> None:
    assert is_dataclass(Held)
    assert [field.name for field in fields(Held)] == ["quantity", "note"]
    assert [field.name for field in fields(HeldLonger)] == ["quantity", "note", "days"]
    assert asdict(HeldLonger(Decimal(2), days=3)) == {"quantity": Decimal(2), "note": None, "days": 3}


def test_a_record_is_made_again_with_one_field_changed() -> None:
    held = HeldLonger(Decimal(2), "kept", days=3)
    assert replace(held, quantity=Decimal(5)) == HeldLonger(Decimal(5), "kept", days=3)
    assert held.quantity == 2


def test_a_record_cannot_be_changed() -> None:
    held: Any = LossWindow(Decimal(100))
    with pytest.raises(AttributeError):
        held.start_equity = Decimal(0)
    assert held == LossWindow(Decimal("100.0"))


def test_records_are_equal_by_their_values_and_only_to_their_own_kind() -> None:
    assert replace(USER) == USER
    assert Held(Decimal(1)) != Held(Decimal(2))
    assert Held(Decimal(1)) != HeldLonger(Decimal(1))
    assert len({Held(Decimal(1)), Held(Decimal("1.00")), Held(Decimal(1), "other")}) == 2


def test_a_record_lacks_no_field_and_takes_no_other() -> None:
    held: Any = Held
    with pytest.raises(TypeError):
        held(note="kept")
    with pytest.raises(TypeError):
        held(Decimal(1), moon=Decimal(1))
