"""Calculator, dry run, preview and gate answer alike; `make soak NAME=four_faces` asks about many more entries."""

from app.core.config import Settings
from tests.services.trading.four_faces import one_answer_everywhere


def test_calculator_dry_run_preview_and_gate_give_one_answer_to_the_same_facts(
    trading_settings: Settings,
) -> None:
    assert one_answer_everywhere(trading_settings, 30) > 0
