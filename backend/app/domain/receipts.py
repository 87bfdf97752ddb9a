"""Receipts: a decision with every fact and limit behind it, as bytes that are the same wherever they are made.

A receipt is JSON as `msgspec` writes it: fields in the order of their classes, no blanks, decimals in quotes with the
digits that they came with, null for what is not known. A case read back from its receipt is written alike, so a
stored decision can be decided again, anywhere, years later, and compared byte for byte.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from app.domain.decimal_text import plain
from app.domain.decision import decide_batch
from app.domain.limits import ApprovedOrder, BreachDetail, RefusedOrder
from app.domain.position_size import PositionSize
from app.domain.risk_case import RiskCase
from app.domain.risk_facts import (
    NO_STRATEGY_FACTS,
    NO_SYMBOL_FACTS,
    StrategyFacts,
    SymbolFacts,
    UserFacts,
    WalletFacts,
)
from app.domain.risk_limits import LimitLevels, RiskLimits
from app.domain.value_reading import UnreadableValueError, read_value

RULE_VERSION: Final = "8"
"""Raised with every change of a rule that gives any case another answer, and of how a receipt is written; a test
holds it to that."""


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
    shared = _SharedTexts()
    return [
        _ENCODER.encode(_Receipt(_answer_written(verdict), _case_written(case, shared), RULE_VERSION))
        for case, verdict in zip(cases, verdicts, strict=True)
    ]


class _WrittenBreach(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    code: str
    message: str
    limit: str | None = None
    value: str | None = None
    scope: str | None = None

    @staticmethod
    def of(breach: BreachDetail) -> "_WrittenBreach":
        return _WrittenBreach(
            breach.code, breach.message, plain(breach.limit), plain(breach.value), breach.scope
        )


class _WrittenAnswer(msgspec.Struct, frozen=True, gc=False):
    approved: bool
    breaches: list[_WrittenBreach]
    size: PositionSize


class _WrittenCase(msgspec.Struct, frozen=True, gc=False):
    """The fields of a `RiskCase`: those that the cases of a batch have in common are written already."""

    order: msgspec.Raw
    terms: msgspec.Raw
    market: msgspec.Raw
    wallet: WalletFacts
    user: UserFacts
    limits: msgspec.Raw
    strategy: StrategyFacts | msgspec.Raw
    symbol: SymbolFacts | msgspec.Raw


class _Receipt(msgspec.Struct, frozen=True, gc=False):
    answer: _WrittenAnswer
    case: _WrittenCase
    rule_version: str


_ENCODER: Final = msgspec.json.Encoder()
_NO_FACTS: Final = msgspec.Raw(b"{}")  # where no limit stands at the level, as mostly
_LIMITS_TEXT: Final = "_receipt_text"
_LEVELS: Final = tuple(field.name for field in fields(LimitLevels))
_LIMITS: Final = tuple(field.name for field in fields(RiskLimits))


def _answer_written(verdict: ApprovedOrder | RefusedOrder) -> _WrittenAnswer:
    breaches = verdict.breaches if isinstance(verdict, RefusedOrder) else ()
    return _WrittenAnswer(
        not breaches, [_WrittenBreach.of(breach) for breach in breaches], verdict.intent.size
    )


def _case_written(case: RiskCase, shared: "_SharedTexts") -> _WrittenCase:
    return _WrittenCase(
        shared.text(case.order),
        shared.text(case.terms),
        shared.text(case.market),
        case.wallet,
        case.user,
        _limits_written(case.limits),
        _NO_FACTS if case.strategy == NO_STRATEGY_FACTS else case.strategy,
        _NO_FACTS if case.symbol == NO_SYMBOL_FACTS else case.symbol,
    )


class _SharedTexts:
    """Texts of objects that cases have in common, by the id of each, which the cases hold."""

    def __init__(self) -> None:
        self._written: dict[int, msgspec.Raw] = {}

    def text(self, held: msgspec.Struct) -> msgspec.Raw:
        """Return the object's text, written out where it is met first."""
        known = self._written.get(id(held))
        if known is None:
            known = self._written[id(held)] = msgspec.Raw(_ENCODER.encode(held))
        return known


def _limits_written(levels: LimitLevels) -> msgspec.Raw:
    """The limits of every level that has an opinion. They stand through many batches, so they keep their text."""
    known: msgspec.Raw | None = levels.__dict__.get(_LIMITS_TEXT)
    if known is None:
        opinions = {level: _opinions(getattr(levels, level)) for level in _LEVELS}
        known = levels.__dict__[_LIMITS_TEXT] = msgspec.Raw(_ENCODER.encode(opinions))
    return known


def _opinions(limits: RiskLimits) -> dict[str, object]:
    held = {name: getattr(limits, name) for name in _LIMITS}
    return {name: limit for name, limit in held.items() if limit is not None}


def case_of(receipt: bytes) -> RiskCase:
    """Return the case that a receipt is about."""
    return _read(receipt)[1]


def rerun(receipt: bytes) -> Rerun:
    """Decide a receipt's case again under the rules of today."""
    version, case = _read(receipt)
    again = receipt_of(case, decide_batch([case])[0])
    return Rerun(version, again, again == receipt, _answer(again) == _answer(receipt))


def _answer(receipt: bytes) -> object:
    """Return what was decided, with every figure as a number: versions may write it otherwise. Not the sentences, which
    a version may word anew."""
    answer = json.loads(receipt).get("answer")
    match answer:
        case {"breaches": [*breaches]}:
            for breach in breaches:
                if isinstance(breach, dict):
                    breach.pop("message", None)
    return _figures(answer)


def _figures(held: object) -> object:
    """Parsed JSON with numbers for figures, and without what is not known."""
    if isinstance(held, dict):
        return {name: _figures(value) for name, value in held.items() if value is not None}
    if isinstance(held, list):
        return [_figures(value) for value in held]
    if isinstance(held, str):
        try:
            figure = Decimal(held)
        except InvalidOperation:
            return held
        return held if figure.is_nan() else figure
    return held


def _read(receipt: bytes) -> tuple[str, RiskCase]:
    try:
        held = json.loads(receipt)
        version, case = held["rule_version"], held["case"]
    except (ValueError, KeyError, TypeError) as error:
        raise ReceiptError("This is not a receipt: it has no case and rule version.") from error
    try:
        return str(version), read_value(RiskCase, case)
    except UnreadableValueError as error:
        raise ReceiptError(f"The receipt's case cannot be read: {error}") from error
