"""Every kind of fact and figure of a decision: none can be changed, and long ones are written by name only."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.domain.limits import ApprovedOrder, RefusedOrder
from app.domain.position_size import PositionSize, Rung, SizeSteps
from app.domain.records import Record
from app.domain.risk_case import RiskCase, SizingTerms
from app.domain.risk_facts import (
    EntryOrder,
    MarketFacts,
    OpenTrade,
    OrderIntent,
    ScopeFacts,
    UserFacts,
    WalletFacts,
)
from app.domain.sizing_columns import SizingInputs

BY_NAME = (
    *(EntryOrder, MarketFacts, OpenTrade, OrderIntent, RiskCase, Rung, ScopeFacts, SizeSteps, SizingInputs),
    *(SizingTerms, UserFacts, WalletFacts),
)


def _kinds_of(kind: type[Record]) -> Iterator[type[Record]]:
    for below in kind.__subclasses__():
        if below.__module__.startswith("app."):
            yield below
            yield from _kinds_of(below)


KINDS = sorted(set(_kinds_of(Record)), key=lambda kind: kind.__name__)  # all that the imports above load


def test_a_decision_is_made_of_records() -> None:
    assert {RiskCase, PositionSize, ApprovedOrder, RefusedOrder} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_none_can_be_changed_or_holds_itself(kind: type[Record]) -> None:
    settings = kind.__struct_config__
    assert (settings.frozen, settings.gc) == (True, False)


@pytest.mark.parametrize("kind", BY_NAME, ids=lambda kind: kind.__name__)
def test_a_long_one_is_written_by_name_only(kind: Any) -> None:
    with pytest.raises(TypeError, match="positional"):
        kind(None)
