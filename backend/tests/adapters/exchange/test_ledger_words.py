"""What the venue's words for money that is moved become in the ledger."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.adapters.exchange.dialect import ledger_entry
from app.domain.venue import LedgerEntry, LedgerKind

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def posting(kind: str, income: str, asset: str = "USDT", symbol: str = "") -> dict[str, object]:
    """A row as `GET /fapi/v1/income` gives it."""
    milliseconds = int(NOON.timestamp() * 1000)
    return {
        "incomeType": kind,
        "income": income,
        "asset": asset,
        "symbol": symbol,
        "time": milliseconds,
        "tranId": 77,
    }


@pytest.mark.parametrize(
    "kind",
    [
        "INTERNAL_TRANSFER",
        "CROSS_COLLATERAL_TRANSFER",
        "STRATEGY_UMFUTURES_TRANSFER",
        "COIN_SWAP_DEPOSIT",
        "COIN_SWAP_WITHDRAW",
        "AUTO_EXCHANGE",
        "WELCOME_BONUS",
    ],
)
def test_whatever_moves_money_is_a_transfer_under_a_number_of_its_own(kind: str) -> None:
    came, went = ledger_entry(posting(kind, "250.5")), ledger_entry(posting(kind, "-250.5"))
    assert came == LedgerEntry(LedgerKind.DEPOSIT, Decimal("250.5"), None, f"{kind}:77", NOON)
    assert went == LedgerEntry(LedgerKind.WITHDRAWAL, Decimal("-250.5"), None, f"{kind}:77", NOON)


def test_the_usual_transfer_keeps_the_venues_number() -> None:
    entry = ledger_entry(posting("TRANSFER", "-3"))
    assert entry == LedgerEntry(LedgerKind.WITHDRAWAL, Decimal(-3), None, "77", NOON)


@pytest.mark.parametrize("asset", ["BNB", "BTC", "USDC"])
def test_a_transfer_of_another_asset_moves_nothing_that_the_balance_holds(asset: str) -> None:
    assert ledger_entry(posting("TRANSFER", "-500", asset)) is None
    assert ledger_entry(posting("INTERNAL_TRANSFER", "500", asset)) is None


def test_a_reward_is_no_transfer() -> None:
    assert ledger_entry(posting("REFERRAL_KICKBACK", "1")) is None
