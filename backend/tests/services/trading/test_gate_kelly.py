"""Sizing by one's own results: the gate reads them for whoever sizes by Kelly, and for nobody else."""

import json
from datetime import timedelta

import pytest

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
    terms = json.loads(receipt)["case"]["terms"]
    assert terms["method"] == ("kelly" if read else "fixed_amount")
    results = {"average_loss": "10", "average_win": "30", "trades": 3, "wins": 2}
    assert terms.get("statistics") == (results if read else None)
