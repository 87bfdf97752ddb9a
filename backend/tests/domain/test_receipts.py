"""Receipts: the same case gives the same bytes, and any other fact another answer."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from enum import Enum

import pytest

from app.domain.decision import decide, decide_batch
from app.domain.funding import NextFunding
from app.domain.limits import ApprovedOrder
from app.domain.position_size import Rung
from app.domain.receipts import RULE_VERSION, ReceiptError, case_of, receipt_of, receipts_of, rerun
from app.domain.risk_case import ClosedTradeStatistics, RiskCase, SizingTerms
from app.domain.risk_facts import EntryOrder, HoursFact, OpenTrade
from app.domain.risk_limits import FIELD_NAMES, LimitLevels, RiskLimits
from app.domain.types import Side, SizingMethod
from tests.domain.books import Drawing
from tests.domain.examples import (
    INSTRUMENT,
    INTENT,
    MARKET,
    NO_LIMITS,
    OWN,
    STRATEGY,
    SYMBOL_FACTS,
    USER,
    WALLET,
    with_facts,
)

ORDER = EntryOrder(**{field.name: getattr(INTENT, field.name) for field in fields(EntryOrder)})
TERMS = SizingTerms(
    method=SizingMethod.FIXED_PERCENT,
    leverage=10,
    risk_per_trade_fraction=Decimal("0.01"),
    fixed_amount_usd=Decimal(500),
    statistics=ClosedTradeStatistics(50, 35, Decimal(200), Decimal(100)),
    daily_volatility=Decimal("0.03"),
)
CASE = RiskCase(
    order=ORDER,
    terms=TERMS,
    market=MARKET,
    wallet=WALLET,
    user=USER,
    limits=NO_LIMITS,
    strategy=STRATEGY,
    symbol=SYMBOL_FACTS,
)


def receipts_are_decided_again_to_the_same_bytes(cases: list[RiskCase]) -> None:
    """Written together, and each decided again by itself from its bytes alone."""
    for receipt in receipts_of(cases, decide_batch(cases)):
        again = rerun(receipt)
        assert (again.identical, again.same_answer, again.stored_version) == (True, True, RULE_VERSION)


def test_receipts_of_random_books_are_decided_again_to_the_same_bytes() -> None:
    drawing = Drawing(7)
    receipts_are_decided_again_to_the_same_bytes([drawing.case() for _ in range(300)])


def test_a_receipt_holds_facts_limits_and_breaches_with_their_figures() -> None:
    limits = replace(NO_LIMITS, wallet=RiskLimits(max_open_positions=0))
    case = replace(CASE, limits=limits)
    held = json.loads(receipt_of(case, decide_batch([case])[0]))
    assert held["rule_version"] == RULE_VERSION
    assert held["answer"]["approved"] is False
    assert held["answer"]["breaches"] == [
        {
            "code": "max_open_positions",
            "limit": "0",
            "message": "BTC/USDT:USDT refused: 0 positions open or pending, the wallet's limit is 0.",
            "scope": "wallet",
            "value": "0",
        }
    ]
    assert held["case"]["limits"]["wallet"] == {"max_open_positions": 0}
    assert held["case"]["wallet"]["equity"] == "10000"


def test_a_case_is_read_back_whole() -> None:
    receipt = receipt_of(CASE, decide_batch([CASE])[0])
    assert case_of(receipt) == CASE


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b'{"rule_version":"1","case":[]}',
        b'{"rule_version":"1","case":{"order":{}}}',
        b'{"rule_version":"1","case":{"surprise":1}}',
    ],
)
def test_what_is_no_receipt_is_refused_by_name(text: bytes) -> None:
    with pytest.raises(ReceiptError):
        rerun(text)


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b'"equity":"10000"', b'"equity":"ten"'),
        (b'"side":"long"', b'"side":"up"'),
        (b'"market_ms":0', b'"market_ms":true'),
        (b'"adds":false', b'"adds":0'),
        (b'"position_correlations":[]', b'"position_correlations":{}'),
    ],
)
def test_a_receipt_with_a_value_of_another_kind_is_refused(written: bytes, instead: bytes) -> None:
    receipt = receipt_of(CASE, decide_batch([CASE])[0])
    assert written in receipt
    with pytest.raises(ReceiptError):
        rerun(receipt.replace(written, instead))


def test_an_altered_receipt_does_not_pass() -> None:
    receipt = receipt_of(CASE, decide_batch([CASE])[0])
    richer = receipt.replace(b'"free_margin":"10000"', b'"free_margin":"10"')
    again = rerun(richer)
    assert (again.identical, again.same_answer) == (False, False)
    version = f'"rule_version":"{RULE_VERSION}"'.encode()
    other = rerun(receipt.replace(version, b'"rule_version":"0"'))
    assert (other.identical, other.same_answer, other.stored_version) == (False, True, "0")


def test_a_receipt_from_before_parts_were_weighed_is_still_answered_by_its_one_target() -> None:
    """Version 5 wrote nothing about leaving in parts: nothing is what it says."""
    limits = replace(NO_LIMITS, user=RiskLimits(min_risk_reward_ratio=Decimal("1.5")))
    case = replace(CASE, limits=limits)
    receipt = receipt_of(case, decide_batch([case])[0])
    written = f'"rule_version":"{RULE_VERSION}"'.encode()
    older = receipt.replace(b'"scales_out":false,', b"").replace(written, b'"rule_version":"5"')
    assert len(older) == len(receipt) - len(b'"scales_out":false,')
    again = rerun(older)
    assert (again.identical, again.same_answer, again.stored_version) == (False, True, "5")
    in_parts = receipt.replace(b'"scales_out":false', b'"scales_out":true')
    assert rerun(in_parts).same_answer is False


def test_a_version_that_words_a_refusal_otherwise_answers_alike_and_one_that_reckons_otherwise_does_not() -> (
    None
):
    limits = replace(NO_LIMITS, user=RiskLimits(max_open_positions=0))
    case = replace(CASE, limits=limits)
    receipt = receipt_of(case, decide_batch([case])[0])
    older = receipt.replace(b"positions open or pending", b"positions")
    assert older != receipt
    assert (rerun(older).identical, rerun(older).same_answer) == (False, True)
    other = receipt.replace(b'"value":"0"', b'"value":"2"')
    assert other != receipt
    assert rerun(other).same_answer is False


# Three cases in which every figure shows somewhere: one that passes, one that crosses every limit, one that adds.
_MAXIMA = [name for name in FIELD_NAMES if not name.startswith(("min_", "cooldown_"))]
_ZERO = with_facts(RiskLimits(), dict.fromkeys(_MAXIMA, Decimal("0.00000001")))
_CROSSED = replace(
    _ZERO,
    min_signal_confidence=Decimal(1),
    min_risk_reward_ratio=Decimal(90),
    min_stop_distance_ticks=100_000,
    min_liquidation_buffer_fraction=Decimal(1),
    cooldown_minutes_after_exit=Decimal(43_000),
    cooldown_minutes_after_loss=Decimal(43_000),
    max_correlation=Decimal("0.5"),
)
_RECENT: dict[str, object] = {
    "last_exit_ms": 1_000,
    "last_loss_ms": 2_000,
    "position_correlations": (Decimal("0.6"),),
}
_MARKET = replace(
    MARKET,
    market_ms=3_600_000,
    quote_usd_price=Decimal("0.98"),
    mark_price=Decimal("10000.1"),
    instrument=replace(
        INSTRUMENT,
        taker_fee_rate=Decimal("0.0005"),
        maintenance_margin_fraction=Decimal("0.004"),
        max_trigger_distance_fraction=Decimal("0.01"),
    ),
)
_LOST = replace(OWN, pnl=Decimal(-1))
_OWN_LOSS = _RECENT | {"day": _LOST, "week": _LOST, "month": _LOST}
_LIMITED = replace(
    CASE,
    order=replace(ORDER, liquidation_price=None),
    market=_MARKET,
    wallet=with_facts(WALLET, _RECENT),
    user=with_facts(USER, _RECENT),
    strategy=with_facts(STRATEGY, _OWN_LOSS),
    symbol=with_facts(SYMBOL_FACTS, _OWN_LOSS),
    limits=LimitLevels(RiskLimits(), _CROSSED, _CROSSED, _CROSSED, _CROSSED),
)
_CAPS = ("max_position_size", "max_risk_per_trade", "max_order", "max_leverage")
# A size that no limit trims, so that what the order itself says shows in the figures.
_UNCAPPED = with_facts(_CROSSED, {name: None for name in FIELD_NAMES if name.startswith(_CAPS)})
_UNTRIMMED = replace(_LIMITED, limits=LimitLevels(RiskLimits(), _UNCAPPED, _UNCAPPED, _UNCAPPED, _UNCAPPED))
_ADDING = replace(
    _LIMITED,
    order=replace(ORDER, adds=True),
    wallet=replace(
        _LIMITED.wallet,
        symbol_is_open=True,
        open_trade=OpenTrade(
            side=Side.LONG,
            entry_price=Decimal(10_050),
            quantity=Decimal("0.2"),
            notional=Decimal(2_010),
            risk_amount=Decimal(3),
            additions=1,
        ),
    ),
)
_METHODS = [replace(CASE, market=_MARKET, terms=replace(TERMS, method=method)) for method in SizingMethod]
_TINY = replace(
    CASE, terms=replace(TERMS, risk_per_trade_fraction=Decimal("0.000001"), planned_quantity=Decimal(1))
)
_PLANNED = replace(CASE, terms=replace(TERMS, planned_quantity=Decimal("0.1")))
_STEPS = tuple(
    Rung(price=Decimal(price), quantity=Decimal("0.1"), notional=Decimal(price) / 10, risk_amount=Decimal(6))
    for price in (9_950, 9_900)
)
_RESERVED = replace(_LIMITED, terms=replace(TERMS, planned_quantity=Decimal("0.1"), planned_steps=_STEPS))
_HEDGED = replace(_MARKET, instrument=replace(INSTRUMENT, min_trigger_distance_fraction=Decimal("0.5")))
_CLOSED = HoursFact(is_open=False, opens_ms=1_800_000_000_000)
_SKIPS = HoursFact(is_open=True, skip_funding_minutes=30)
_FUNDED = replace(
    CASE,
    market=replace(_MARKET, funding=NextFunding(Decimal("0.0001"), _MARKET.market_ms + 60_000)),
    user=replace(CASE.user, hours=_SKIPS),
    wallet=replace(CASE.wallet, hours=_SKIPS, venue_hours=_SKIPS),
)
_BASES = [
    _FUNDED,
    CASE,
    _LIMITED,
    _UNTRIMMED,
    _ADDING,
    *_METHODS,
    _TINY,
    _PLANNED,
    _RESERVED,
    replace(CASE, market=_HEDGED),
    replace(
        CASE,
        user=replace(CASE.user, hours=_CLOSED),
        wallet=replace(CASE.wallet, hours=_CLOSED, venue_hours=_CLOSED),
    ),
    replace(CASE, limits=replace(NO_LIMITS, user=RiskLimits(max_daily_loss_usd=Decimal("100.5")))),
    replace(CASE, order=replace(ORDER, liquidation_price=Decimal(9_000)), limits=_LIMITED.limits),
]
# Names and what only the venue or the records read.
_NOT_READ = {
    "order.environment",
    "market.instrument.symbol",
    "market.instrument.maker_fee_rate",
    "market.instrument.max_leverage",
}
# Read by its parts.
_NOT_READ |= {"wallet.open_trade", "wallet.hours", "wallet.venue_hours", "user.hours", "market.funding"}
# The user's and the wallet's own books need none.
_NOT_READ |= {f"{level}.book_equity" for level in ("user", "wallet")}
_NOT_READ |= {f"{level}.{window}.pnl" for level in ("user", "wallet") for window in ("day", "week", "month")}
# A strategy and a symbol trade where their user does; their flows move the base, not their loss.
_NOT_READ |= {f"{level}.trading_state" for level in ("strategy", "symbol")}
_NOT_READ |= {
    f"{level}.{window}.deposits" for level in ("strategy", "symbol") for window in ("day", "week", "month")
}


def leaves(held: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every fact of a case by its path."""
    if is_dataclass(held) and not isinstance(held, type):
        for field in fields(held):
            yield from leaves(getattr(held, field.name), f"{path}.{field.name}" if path else field.name)
    else:
        yield path, held


def altered(held: object, path: str, value: object) -> object:
    """The case with that one fact changed."""
    name, _, rest = path.partition(".")
    inner = getattr(held, name)
    return replace(held, **{name: altered(inner, rest, value) if rest else value})  # type: ignore[type-var]


def others(value: object, path: str) -> list[object]:
    """Other values that the fact might have had."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, Decimal):
        return [
            value * Decimal("1.01") + Decimal("0.01"),
            value * Decimal("0.5") - Decimal("0.01"),
            Decimal(10_000),
        ]
    if isinstance(value, Enum):
        return [one for one in type(value) if one is not value]
    if isinstance(value, int):
        return [value + 1, value + 61_000, value + 10_000_000]
    if isinstance(value, float):
        return [value + 100.0]
    if isinstance(value, str):
        return [value + "X"]
    if isinstance(value, tuple) and path.endswith("planned_steps"):
        return [value[:1], None]
    if isinstance(value, tuple):
        return [(*value, Decimal("0.9")), None]
    if path.endswith("paused"):
        return [True]
    return [] if path.endswith(("open_trade", "statistics", "planned_steps")) else [Decimal("0.5")]


@dataclass(frozen=True, slots=True)
class Base:
    """A case, its facts by their paths and its answer, found out once for all of its alterations."""

    case: RiskCase
    facts: dict[str, object]
    answer: object

    @classmethod
    def of(cls, case: RiskCase) -> "Base":
        return cls(case, dict(leaves(case)), decide(case))


def changes_an_answer(path: str, bases: list[Base]) -> bool:
    for base in bases:
        if path not in base.facts:
            continue
        for value in others(base.facts[path], path):
            case = altered(base.case, path, value)
            assert isinstance(case, RiskCase)
            if decide(case) != base.answer:
                return True
    return False


_PATHS = sorted({path for base in _BASES for path, _ in leaves(base)})


@pytest.mark.parametrize("part", ["order", "terms", "market", "wallet", "user", "strategy", "symbol"])
def test_altering_any_fact_that_a_rule_reads_changes_the_answer(part: str) -> None:
    paths = [path for path in _PATHS if path.partition(".")[0] == part and path not in _NOT_READ]
    assert paths
    bases = [Base.of(case) for case in _BASES]
    unread = [path for path in paths if not changes_an_answer(path, bases)]
    assert unread == []


@pytest.mark.parametrize("level", ["platform", "user", "wallet", "strategy", "symbol"])
def test_altering_any_limit_changes_the_answer(level: str) -> None:
    base = replace(_LIMITED, limits=replace(NO_LIMITS, **{level: _CROSSED}))
    add = replace(_ADDING, limits=replace(NO_LIMITS, **{level: RiskLimits(enable_pyramiding=True)}))
    paths = [f"limits.{level}.{field.name}" for field in fields(RiskLimits)]
    ladder = replace(CASE, limits=replace(NO_LIMITS, **{level: RiskLimits(enable_dca=True, max_dca_steps=2)}))
    bases = [Base.of(base), Base.of(add), Base.of(ladder)]
    unread = [path for path in paths if not changes_an_answer(path, bases)]
    assert unread == []


def test_the_bases_are_what_they_claim() -> None:
    assert isinstance(decide_batch([CASE])[0], ApprovedOrder)
    crossed = {breach.code for breach in decide(_LIMITED).breaches}
    assert len(crossed) > 25


def test_the_rules_answer_as_their_version_says() -> None:
    """Rules that answer otherwise are another version: raise RULE_VERSION and write the new digest here."""
    drawing = Drawing(11)
    cases = [drawing.case() for _ in range(200)]
    answers = [receipt.partition(b',"case":')[0] for receipt in receipts_of(cases, decide_batch(cases))]
    digest = hashlib.sha256(b"\n".join(answers)).hexdigest()
    assert (RULE_VERSION, digest) == (
        "8",
        "3c4ce1817434a8c53ab98e29e7973ded84d77954cb58b2dd94369e78c585cc64",
    )
