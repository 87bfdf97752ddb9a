"""A way out passes the gate whatever stands against entries; `make soak NAME=exit_passage` asks of many more."""

from app.core.config import Settings
from tests.services.trading.exit_passage import every_exit_passes


def test_a_way_out_passes_the_gate_whatever_stands_against_entries(trading_settings: Settings) -> None:
    every_exit_passes(trading_settings, 40)
