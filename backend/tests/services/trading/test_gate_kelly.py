"""Sizing by one's own results: the gate reads them for whoever sizes by Kelly, and for nobody else."""

from datetime import timedelta
from decimal import Decimal

import pytest

from app.domain.receipts import case_of
from app.domain.risk_case import ClosedTradeStatistics
from tests.services.trading.gate_world import GateWorld


@pytest.mark.parametrize(
    ("user", "wallet", "read"),
    [("kelly", None, True), ("fixed_amount", "kelly", True), ("fixed_amount", None, False)],
)
async def test_results_of_the_strategy_are_read_for_whoever_sizes_by_them(
    world: GateWorld, user: str, wallet: str | None, read: bool
) -> None:
    await world.limit("user", "position_sizing_method", user)
    await world.limit("wallet", "position_sizing_method", wallet)
    for net in ("30", "30", "-10"):
        await world.trade(status="CLOSED", net=net, closed_before=timedelta(days=3))
    (decision,) = await world.ask(await world.signal())
    receipt = await world.sql.fetchval(
        "SELECT receipt FROM risk_decisions WHERE id = $1", decision.decision_id
    )
    terms = case_of(receipt).terms
    assert terms.method == ("kelly" if read else "fixed_amount")
    results = ClosedTradeStatistics(trades=3, wins=2, average_win=Decimal(30), average_loss=Decimal(10))
    assert terms.statistics == (results if read else None)
