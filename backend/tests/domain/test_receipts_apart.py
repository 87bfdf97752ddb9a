"""Receipts whose answer is not what it should be, and cases without their verdicts."""

import json

import pytest

from app.domain.decision import decide_batch
from app.domain.receipts import case_of, receipt_of, receipts_of, rerun
from tests.domain.test_receipts import CASE

ANSWERS: list[object] = [None, "approved", [], {}, {"breaches": None}, {"breaches": ["message"]}]


@pytest.mark.parametrize("answer", ANSWERS, ids=json.dumps)
def test_an_answer_that_is_none_is_another_answer(answer: object) -> None:
    held = json.loads(receipt_of(CASE, decide_batch([CASE])[0]))
    again = rerun(json.dumps(held | {"answer": answer}).encode())
    assert (again.identical, again.same_answer) == (False, False)


def test_a_receipt_without_an_answer_is_none_that_the_rules_give() -> None:
    held = json.loads(receipt_of(CASE, decide_batch([CASE])[0]))
    del held["answer"]
    assert rerun(json.dumps(held).encode()).same_answer is False


def test_cases_and_verdicts_come_in_pairs() -> None:
    with pytest.raises(ValueError, match="zip"):
        receipts_of([CASE, CASE], decide_batch([CASE]))


def test_an_order_of_before_it_could_add_or_leave_in_parts_does_neither() -> None:
    held = json.loads(receipt_of(CASE, decide_batch([CASE])[0]))
    for later in ("adds", "scales_out"):
        del held["case"]["order"][later]
    read = case_of(json.dumps(held).encode()).order
    assert (read.adds, read.scales_out, read.ladder_step) == (False, False, None)
