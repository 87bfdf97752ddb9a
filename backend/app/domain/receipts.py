"""Receipts: a decision with every fact and limit behind it, as bytes that are the same wherever they are made.

A receipt is JSON: keys sorted, no blanks, decimals as plain text, nothing written for what is not known. The
same case under the same rules gives the same bytes, so a stored decision can be decided again, anywhere, years
later, and compared byte for byte.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.domain.canonical_text import CanonicalTextError, TextWriter, from_text
from app.domain.decision import answer_of, decide_batch
from app.domain.limits import ApprovedOrder, RefusedOrder
from app.domain.risk_case import RiskCase

RULE_VERSION: Final = "7"
"""Raised with every change of a rule that gives any case another answer; a test holds it to that."""


class ReceiptError(ValueError):
    """Not a receipt."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """What came of deciding a receipt again: `receipt` is the new one. Bytes of another rule version always
    differ; `same_answer` says whether the rules still answer alike, sentences apart."""

    stored_version: str
    receipt: bytes
    identical: bool
    same_answer: bool


def receipt_of(case: RiskCase, verdict: ApprovedOrder | RefusedOrder) -> bytes:
    """Return the receipt of one decision."""
    return receipts_of([case], [verdict])[0]


def receipts_of(cases: Sequence[RiskCase], verdicts: Sequence[ApprovedOrder | RefusedOrder]) -> list[bytes]:
    """Return the receipts of decisions; what several cases share is written out once."""
    writer = TextWriter()
    receipts = []
    for case, verdict in zip(cases, verdicts, strict=True):
        answer = answer_of(verdict)
        approved = "true" if answer.approved else "false"
        text = (
            f'{{"answer":{{"approved":{approved},"breaches":{writer.text(answer.breaches)},'
            f'"size":{writer.text(answer.size)}}},"case":{writer.text(case)},'
            f'"rule_version":{json.dumps(RULE_VERSION)}}}'
        )
        receipts.append(text.encode())
    return receipts


def case_of(receipt: bytes) -> RiskCase:
    """Return the case that a receipt is about."""
    return _read(receipt)[1]


def rerun(receipt: bytes) -> Rerun:
    """Decide a receipt's case again under the rules of today."""
    version, case = _read(receipt)
    again = receipt_of(case, decide_batch([case])[0])
    return Rerun(version, again, again == receipt, _answer(again) == _answer(receipt))


def _answer(receipt: bytes) -> object:
    """Return what was decided, with every figure; not the sentences, which a version may word anew."""
    answer = json.loads(receipt).get("answer")
    match answer:
        case {"breaches": [*breaches]}:
            for breach in breaches:
                if isinstance(breach, dict):
                    breach.pop("message", None)
    return answer


def _read(receipt: bytes) -> tuple[str, RiskCase]:
    try:
        held = json.loads(receipt)
        version, case = held["rule_version"], held["case"]
    except (ValueError, KeyError, TypeError) as error:
        raise ReceiptError("This is not a receipt: it has no case and rule version.") from error
    try:
        return str(version), from_text(RiskCase, case)
    except CanonicalTextError as error:
        raise ReceiptError(f"The receipt's case cannot be read: {error}") from error
