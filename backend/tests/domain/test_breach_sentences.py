"""How the figures of a refusal are told."""

from decimal import Decimal

import pytest

from app.domain.breach_sentences import FigureKind, figures
from app.domain.breaches import Breach, breach_detail

BTC = "BTC/USDT:USDT"
TICK = Decimal("0.10")


def said(code: Breach, limit: str | None, value: str | None, *, tick: Decimal | None = TICK) -> str:
    held = [None if figure is None else Decimal(figure) for figure in (limit, value)]
    detail = breach_detail(code, BTC, limit=held[0], value=held[1], price_tick=tick)
    assert (detail.limit, detail.value) == tuple(held)  # every place is kept beside the sentence
    return detail.message.removeprefix(f"{BTC} refused: ")


@pytest.mark.parametrize(
    ("limit", "value", "sentence"),
    [
        ("1000", "1234.56789012", "position of 1234.57 USDT exceeds max_position_size_usd 1000.00 USDT."),
        (
            "1000",
            "1000.00000001",
            "position of 1000.00000001 USDT exceeds max_position_size_usd 1000.00000000 USDT.",
        ),
        ("1000", "1000.004", "position of 1000.004 USDT exceeds max_position_size_usd 1000.000 USDT."),
    ],
)
def test_money_is_told_to_the_cent_or_as_finely_as_tells_it_from_the_limit(
    limit: str, value: str, sentence: str
) -> None:
    assert said(Breach.MAX_POSITION_SIZE_USD, limit, value) == sentence


def test_no_figure_has_more_than_eight_places() -> None:
    told = said(Breach.MAX_POSITION_SIZE_USD, "1000", "1000.000000001")
    assert told == "position of 1000.00000000 USDT exceeds max_position_size_usd 1000.00000000 USDT."


def test_a_loss_of_exactly_the_limit_reads_alike() -> None:
    told = said(Breach.DAILY_LOSS_USD, "500", "500")
    assert "500.00 USDT has reached" in told
    assert told.endswith("500.00 USDT.")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("45010.5", "45010.5"),
        ("45010", "45010.0"),
        ("45010.55", "45010.55"),
        ("45010.5000000001", "45010.5000000001"),
    ],
)
def test_a_price_has_the_places_of_its_tick_and_one_between_ticks_all_of_its_own(
    value: str, text: str
) -> None:
    assert (
        said(Breach.STOP_WRONG_SIDE, "45000", value) == f"stop {text} is not on the losing side of 45000.0."
    )


@pytest.mark.parametrize(
    ("tick", "text"), [("5", "45010"), ("0.01", "45010.00"), ("0", "45010"), (None, "45010")]
)
def test_a_tick_that_is_whole_or_not_known_adds_no_places(tick: str | None, text: str) -> None:
    held = None if tick is None else Decimal(tick)
    assert said(Breach.STOP_WRONG_SIDE, "45010", "45010", tick=held).startswith(f"stop {text} is")


@pytest.mark.parametrize(
    ("limit", "value", "texts"),
    [
        ("2.5", "2.48756219", ("2.5", "2.49")),
        ("50", "50.00100000", ("50", "50.001")),
        ("5", "5", ("5", "5")),
        ("3", None, ("3", "unknown")),
        (None, "0.12345678", ("unknown", "0.12")),
    ],
)
def test_a_share_has_two_places_or_as_many_as_tell_it_from_the_limit(
    limit: str | None, value: str | None, texts: tuple[str, str]
) -> None:
    held = [None if figure is None else Decimal(figure) for figure in (limit, value)]
    assert figures(FigureKind.SHARE, held[0], held[1], symbol=BTC, price_tick=None) == texts


def test_a_quantity_is_told_as_it_is() -> None:
    assert said(Breach.QUANTITY_UNDER_STEP, "0.00001000", "0.00000001") == (
        "quantity 0.00000001 is not whole steps of 0.00001."
    )
