"""How a receipt reads: every fact is there, with the digits that it came with, and is read back as it was."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.decision import decide_batch
from app.domain.limits import RefusedOrder
from app.domain.receipts import case_of, receipt_of, receipts_of, rerun
from app.domain.risk_case import RiskCase
from app.domain.risk_facts import LossWindow, StrategyFacts, SymbolFacts
from app.domain.risk_limits import LimitLevels, RiskLimits
from app.domain.value_reading import UnreadableValueError, read_value
from tests.domain.test_receipts import CASE


def written(case: RiskCase) -> bytes:
    return receipt_of(case, decide_batch([case])[0])


@pytest.mark.parametrize("figure", ["0", "0.00", "0E-8", "1E-8", "4E+4", "40000", "-1.50", "NaN", "Infinity"])
def test_a_decimal_keeps_its_digits_there_and_back(figure: str) -> None:
    case = replace(CASE, user=replace(CASE.user, book_equity=Decimal(figure)))
    receipt = written(case)
    assert f'"book_equity":"{Decimal(figure)}"'.encode() in receipt
    read = case_of(receipt).user.book_equity
    assert (read is not None, str(read)) == (True, str(Decimal(figure)))
    assert rerun(receipt).identical


def test_what_is_not_known_is_null_and_a_level_without_facts_is_empty() -> None:
    case = replace(
        CASE,
        strategy=StrategyFacts(),
        symbol=SymbolFacts(equity=Decimal(5)),
        user=replace(CASE.user, day=None),
    )
    held = json.loads(written(case))["case"]
    assert held["user"]["day"] is None
    assert held["strategy"] == {}
    assert (held["symbol"]["equity"], held["symbol"]["notional"]) == ("5", None)
    assert case_of(written(case)) == case


def test_of_limits_only_the_opinions_are_written() -> None:
    limits = LimitLevels(RiskLimits(max_leverage=3), RiskLimits(enable_dca=False), RiskLimits())
    held = json.loads(written(replace(CASE, limits=limits)))["case"]["limits"]
    assert held == {
        "platform": {"max_leverage": 3},
        "user": {"enable_dca": False},
        "wallet": {},
        "strategy": {},
        "symbol": {},
    }


def test_an_endless_age_is_one_that_is_not_known_and_is_answered_like_it() -> None:
    endless = replace(CASE, market=replace(CASE.market, price_age_seconds=float("inf")))
    unknown = replace(CASE, market=replace(CASE.market, price_age_seconds=None))
    (verdict,) = decide_batch([endless])
    assert isinstance(verdict, RefusedOrder)
    assert case_of(receipt_of(endless, verdict)) == unknown
    assert rerun(receipt_of(endless, verdict)).identical


def test_receipts_written_together_are_those_written_one_by_one() -> None:
    other = replace(CASE, wallet=replace(CASE.wallet, equity=Decimal(7), free_margin=Decimal(7)))
    cases = [CASE, other, CASE]
    verdicts = decide_batch(cases)
    together = receipts_of(cases, verdicts)
    assert together == [receipt_of(case, verdict) for case, verdict in zip(cases, verdicts, strict=True)]
    assert together[0] == together[2] != together[1]


def test_an_answer_of_an_earlier_version_is_the_same_whatever_the_digits_it_is_written_with() -> None:
    receipt = written(CASE)
    held = json.loads(receipt)
    size = held["answer"]["size"]
    for name in ("quantity", "notional", "margin", "risk_amount"):
        size[name] = f"{Decimal(size[name]).normalize():f}"
    held["answer"]["size"] = {name: figure for name, figure in size.items() if figure is not None}
    older = rerun(json.dumps(held | {"rule_version": "7"}).encode())
    assert (older.identical, older.same_answer) == (False, True)
    held["answer"]["size"]["quantity"] = str(Decimal(size["quantity"]) + Decimal("1e-8"))
    assert rerun(json.dumps(held).encode()).same_answer is False


def test_a_size_that_is_no_number_is_the_same_answer_as_itself() -> None:
    held = json.loads(written(CASE))
    assert rerun(json.dumps(held).encode()).same_answer is True
    held["answer"]["size"]["quantity"] = "NaN"
    assert rerun(json.dumps(held).encode()).same_answer is False


WINDOW = '{"start_equity":7,"deposits":3,"withdrawals":0,"tripped":false,"pnl":-4}'


def test_a_whole_number_may_stand_for_a_decimal() -> None:
    read = read_value(LossWindow, json.loads(WINDOW))
    assert read == LossWindow(Decimal(7), Decimal(3), Decimal(0), pnl=Decimal(-4))


@pytest.mark.parametrize(
    ("was", "instead", "complaint"),
    [
        ('"start_equity":7,', "", "LossWindow lacks start_equity"),
        ('"start_equity":7', '"start_equity":null', "LossWindow.start_equity cannot be None"),
        ('"deposits":3', '"deposits":"much"', "LossWindow.deposits cannot be 'much'"),
        ('"deposits":3', '"deposits":3.5', "LossWindow.deposits cannot be 3.5"),
        ('"tripped":false', '"tripped":"no"', "LossWindow.tripped cannot be 'no'"),
        ('"pnl":-4', '"pnl":-4,"colour":"red"', "LossWindow has no colour"),
    ],
)
def test_a_value_of_another_shape_is_refused_by_the_field(was: str, instead: str, complaint: str) -> None:
    assert was in WINDOW
    with pytest.raises(UnreadableValueError) as raised:
        read_value(LossWindow, json.loads(WINDOW.replace(was, instead)))
    assert str(raised.value) == complaint


def test_what_is_no_object_is_refused_by_its_kind() -> None:
    with pytest.raises(UnreadableValueError, match="LossWindow must be an object"):
        read_value(LossWindow, [])
