"""Which trading state binds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.breaker import BreakerCause, ScopeState, binding_state, may_resume
from app.domain.types import BreakerScope, TradingState

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def held(
    state: TradingState, scope: BreakerScope = BreakerScope.USER, until: datetime | None = None
) -> ScopeState:
    return ScopeState(scope, "one", state, "Because.", "user", NOW, until)


def test_no_state_at_all_binds_nothing() -> None:
    assert binding_state([], NOW) is None


def test_halt_binds_before_pause() -> None:
    paused, halted = held(TradingState.REDUCE_ONLY, BreakerScope.PLATFORM), held(TradingState.HALTED)
    assert binding_state([paused, halted], NOW) is halted


def test_outermost_of_equals_binds() -> None:
    inner, outer = held(TradingState.HALTED), held(TradingState.HALTED, BreakerScope.PLATFORM)
    assert binding_state([inner, outer], NOW) is outer


def test_pause_holds_until_just_before_its_end() -> None:
    assert binding_state([held(TradingState.REDUCE_ONLY, until=NOW + timedelta(microseconds=1))], NOW)


def test_pause_is_over_at_its_end() -> None:
    assert binding_state([held(TradingState.REDUCE_ONLY, until=NOW)], NOW) is None


@given(st.permutations(list(TradingState)))
def test_order_of_states_does_not_matter(states: list[TradingState]) -> None:
    binding = binding_state([held(state) for state in states], NOW)
    assert binding is not None
    assert binding.state is TradingState.HALTED


@pytest.mark.parametrize("cause", BreakerCause)
def test_a_person_ends_every_state_but_that_of_a_loss_window(cause: BreakerCause) -> None:
    windows = ("daily_loss", "weekly_loss", "monthly_loss")
    assert may_resume(replace(held(TradingState.HALTED), cause=cause)) is (cause.value not in windows)


def test_a_state_is_a_persons_own_and_no_probe_until_it_says_so() -> None:
    state = held(TradingState.HALTED)
    assert (state.cause, state.is_probing, state.resets_at) == (BreakerCause.MANUAL, False, None)
