"""A position counts as protected only where the stop at the venue carries all of it."""

from decimal import Decimal

import pytest

from tests.services.trading.floor import ETH
from tests.services.trading.gate_world import GateWorld


@pytest.mark.parametrize(
    ("stop", "filled", "refused"),
    [("1", "0", set()), ("1.5", "0.5", set()), ("0.999", "0", {"open_risk"}), ("1", "0.001", {"open_risk"})],
)
async def test_a_stop_over_a_part_leaves_the_whole_notional_at_risk(
    world: GateWorld, stop: str, filled: str, refused: set[str]
) -> None:
    """One coin of 1,000 is held, 20 and costs below its stop; a tenth of 10,000 may be at risk in all."""
    await world.limit("user", "max_open_risk_percent", Decimal(10))
    trade_id = await world.trade(ETH)
    await world.sql.execute(
        "UPDATE orders SET quantity = $2, filled_quantity = $3 WHERE trade_id = $1",
        *(trade_id, Decimal(stop), Decimal(filled)),
    )
    (decision,) = await world.ask(await world.signal())
    assert {breach.code.value for breach in decision.breaches} == refused
