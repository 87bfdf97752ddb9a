"""How far one scope may still be filled: the ceilings under which an approval reserves.

A ceiling is what the ledger counts now plus the room that the facts leave under the limit. The ledger counts at
plan and entry prices and the facts at the mark; the room carries over exactly, whatever the difference.
"""

from decimal import ROUND_FLOOR, Decimal
from operator import attrgetter
from typing import Final
from uuid import UUID

from app.domain.fixed_point import UNIT
from app.domain.limits import LimitLevels, LossWindow, RiskLimits, ScopeFacts, WalletFacts
from app.domain.records import Record
from app.domain.risk_case import RiskCase
from app.domain.risk_limits import NO_OPINION
from app.repositories.gate_rows import NO_USAGE, UsageRow
from app.repositories.gate_writes import CeilingRow
from app.services.trading.fact_sums import sum_known

ZERO = Decimal(0)


class Room(Record, frozen=True):
    """What a scope may still take; None where nothing limits."""

    positions: int | None
    notional: Decimal | None
    margin: Decimal | None
    open_risk: Decimal | None
    loss_budget: Decimal | None


_ROOM: Final = attrgetter("positions", "notional", "margin", "open_risk", "loss_budget")
NO_BOUND: Final = Room(None, None, None, None, None)


def ceilings_of(
    case: RiskCase, user_id: UUID, wallet_id: UUID, strategy: str, usage: dict[tuple[str, str], UsageRow]
) -> list[CeilingRow]:
    """Return the ceilings of the four scopes of an approved case."""
    levels = case.limits
    scopes = (
        (_USER, _room(case.user, levels.of_user())),
        (("wallet", str(wallet_id)), _wallet_room(case.wallet, levels)),
        (("strategy", strategy), _strategy_room(case, levels)),
        (("symbol", case.order.symbol), _symbol_room(case, levels)),
    )
    environment, expected = case.order.environment.value, usage.get(_USER, NO_USAGE).version
    return [
        _ceiling(user_id, environment, scope, expected, usage.get(scope, NO_USAGE), room)
        for scope, room in scopes
    ]


_USER: Final = ("user", "")


def _ceiling(
    user_id: UUID, environment: str, scope: tuple[str, str], expected: int, used: UsageRow, room: Room
) -> CeilingRow:
    positions, notional, margin, open_risk, loss_budget = _ROOM(room)
    return CeilingRow(
        user_id=user_id,
        environment=environment,
        scope=scope[0],
        scope_key=scope[1],
        expected=expected,
        positions=None if positions is None else used.positions + positions,
        notional=None if notional is None else _floor(used.notional + notional),
        margin=None if margin is None else _floor(used.margin + margin),
        open_risk=None if open_risk is None else _floor(used.open_risk + open_risk),
        loss_budget=None if loss_budget is None else _floor(used.open_risk + loss_budget),
    )


def _room(facts: ScopeFacts, limits: RiskLimits) -> Room:
    if limits is NO_OPINION:
        return NO_BOUND
    equity, most = facts.equity, limits.max_open_positions
    heat, margin = limits.max_portfolio_heat_fraction, limits.max_margin_utilisation_fraction
    risk = limits.max_open_risk_fraction
    return Room(
        positions=None if most is None else _left(most, _positions(facts)),
        notional=None if heat is None else _part_left(equity, heat, _exposure(facts)),
        margin=None
        if margin is None
        else _part_left(equity, margin, sum_known((facts.margin_used, facts.reserved_margin))),
        open_risk=None
        if risk is None
        else _part_left(equity, risk, sum_known((facts.open_risk, facts.reserved_risk))),
        loss_budget=_loss_budget(facts, limits),
    )


def _exposure(facts: ScopeFacts) -> Decimal | None:
    return sum_known((facts.notional, facts.reserved_notional))


def _positions(facts: ScopeFacts) -> int | None:
    opened, pending = facts.open_positions, facts.pending_entries
    return None if opened is None or pending is None else opened + pending


def _wallet_room(facts: WalletFacts, levels: LimitLevels) -> Room:
    """The wallet's own limits, the user's limit on positions of one wallet, leverage and the free margin."""
    free = None
    if facts.free_margin is not None and facts.reserved_margin is not None:
        free = facts.free_margin - facts.reserved_margin
    leverage, most = levels.per_trade().max_leverage, levels.of_user().max_positions_per_wallet
    return _narrower(
        _room(facts, levels.of_wallet()),
        positions=None if most is None else _left(most, _positions(facts)),
        notional=None if leverage is None else _part_left(facts.equity, Decimal(leverage), _exposure(facts)),
        margin=free,
    )


def _strategy_room(case: RiskCase, levels: LimitLevels) -> Room:
    """The strategy's own limits, and the user's limit on positions of one strategy."""
    most = levels.of_user().max_positions_per_strategy
    return _narrower(
        _room(case.strategy, levels.strategy), positions=_left(most, case.user.positions_in_strategy)
    )


def _symbol_room(case: RiskCase, levels: LimitLevels) -> Room:
    """The symbol's own limits, the user's limit on positions in one symbol, and exposure to one asset."""
    user = levels.of_user()
    asset = _part_left(case.user.equity, user.max_single_asset_exposure_fraction, case.user.asset_notional)
    own = levels.symbol.max_single_asset_exposure_fraction
    held = _part_left(case.symbol.equity, own, case.symbol.asset_notional)
    return _narrower(
        _room(case.symbol, levels.symbol),
        positions=_left(user.max_positions_per_symbol, case.user.positions_in_symbol),
        notional=_lesser(asset, held),
    )


def _loss_budget(facts: ScopeFacts, limits: RiskLimits) -> Decimal | None:
    """Room of the day's loss: the limit, less the loss so far and what pending entries may lose."""
    fraction = limits.max_daily_loss_fraction
    if fraction is None and limits.max_daily_loss_usd is None:
        return None
    if facts.day is None or facts.equity is None or facts.reserved_risk is None:
        return None
    loss = _loss(facts.day, facts.equity) + facts.reserved_risk
    base = max(facts.day.start_equity - facts.day.withdrawals, ZERO)
    part = None if fraction is None else _floor(base * fraction)
    bound = _lesser(limits.max_daily_loss_usd, part)
    return None if bound is None else bound - loss


def _loss(day: LossWindow, equity: Decimal) -> Decimal:
    if day.pnl is not None:
        return -day.pnl
    return day.start_equity + day.deposits - day.withdrawals - equity


def _narrower(
    room: Room,
    positions: int | None = None,
    notional: Decimal | None = None,
    margin: Decimal | None = None,
) -> Room:
    """Return the room, narrowed by what else binds."""
    if positions is None and notional is None and margin is None:
        return room
    return Room(
        positions=_fewer(room.positions, positions),
        notional=_lesser(room.notional, notional),
        margin=_lesser(room.margin, margin),
        open_risk=room.open_risk,
        loss_budget=room.loss_budget,
    )


def _lesser(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """The lower bound; None where neither binds."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _fewer(one: int | None, other: int | None) -> int | None:
    """The same of counts."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _left(limit: int | None, used: int | None) -> int | None:
    return None if limit is None or used is None else limit - used


def _part_left(equity: Decimal | None, fraction: Decimal | None, used: Decimal | None) -> Decimal | None:
    """Room under a part of equity; None without a limit. What is not known was refused before."""
    if equity is None or fraction is None or used is None:
        return None
    return _floor(equity * fraction) - used


def _floor(amount: Decimal) -> Decimal:
    return amount.quantize(UNIT, ROUND_FLOOR)
