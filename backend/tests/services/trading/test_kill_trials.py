"""The short form of `make soak NAME=killswitch`."""

from tests.services.trading.floor import TradingFloor
from tests.services.trading.kill_trials import KillTrials


async def test_no_gate_passes_the_halt_and_nothing_is_left(floor: TradingFloor) -> None:
    trials = KillTrials(floor)
    accounts = await trials.prepare(writers=4)
    async with floor.executor():
        for _ in range(3):
            trial = await trials.trial(accounts)
            assert trial.sound, trial
