"""How far one scope may still be filled: the ceilings under which an approval reserves.

A ceiling is what the ledger counts now plus the room that the facts leave under the limit. The ledger counts at
plan and entry prices and the facts at the mark; the room carries over exactly, whatever the difference.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from uuid import UUID

from app.domain.fixed_point import UNIT
from app.domain.limits import LimitLevels, LossWindow, RiskLimits, ScopeFacts, WalletFacts
from app.domain.risk_case import RiskCase
from app.repositories.gate_rows import NO_USAGE, UsageRow
from app.repositories.gate_writes import CeilingRow

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Room:
    """What a scope may still take; None where nothing limits."""

    positions: Decimal | None
    notional: Decimal | None
    margin: Decimal | None
    open_risk: Decimal | None
    loss_budget: Decimal | None


def ceilings_of(
    case: RiskCase, user_id: UUID, wallet_id: UUID, strategy: str, usage: dict[tuple[str, str], UsageRow]
) -> list[CeilingRow]:
    """Return the ceilings of the four scopes of an approved case."""
    levels, keys = case.limits, ("", str(wallet_id), strategy, case.order.symbol)
    rooms = (
        _room(case.user, levels.of_user()),
        _wallet_room(case.wallet, levels),
        _narrower(
            _room(case.strategy, levels.strategy),
            positions=_left(levels.of_user().max_positions_per_strategy, case.user.positions_in_strategy),
        ),
        _symbol_room(case, levels),
    )
    expected = usage.get(("user", ""), NO_USAGE).version
    rows = []
    for scope, key, room in zip(("user", "wallet", "strategy", "symbol"), keys, rooms, strict=True):
        used = usage.get((scope, key), NO_USAGE)
        positions = _above(Decimal(used.positions), room.positions)
        rows.append(
            CeilingRow(
                user_id=user_id,
                environment=case.order.environment.value,
                scope=scope,
                scope_key=key,
                expected=expected,
                positions=None if positions is None else int(positions),
                notional=_above(used.notional, room.notional),
                margin=_above(used.margin, room.margin),
                open_risk=_above(used.open_risk, room.open_risk),
                loss_budget=_above(used.open_risk, room.loss_budget),
            )
        )
    return rows


def _room(facts: ScopeFacts, limits: RiskLimits) -> Room:
    equity = facts.equity
    exposure = _total(facts.notional, facts.reserved_notional)
    risk = _total(facts.open_risk, facts.reserved_risk)
    margin = _total(facts.margin_used, facts.reserved_margin)
    positions = _total(_count(facts.open_positions), _count(facts.pending_entries))
    return Room(
        positions=_left(limits.max_open_positions, positions),
        notional=_part_left(equity, limits.max_portfolio_heat_fraction, exposure),
        margin=_part_left(equity, limits.max_margin_utilisation_fraction, margin),
        open_risk=_part_left(equity, limits.max_open_risk_fraction, risk),
        loss_budget=_loss_budget(facts, limits),
    )


def _wallet_room(facts: WalletFacts, levels: LimitLevels) -> Room:
    """The wallet's own limits, the user's limit on positions of one wallet, leverage and the free margin."""
    exposure = _total(facts.notional, facts.reserved_notional)
    positions = _total(_count(facts.open_positions), _count(facts.pending_entries))
    free = None
    if facts.free_margin is not None and facts.reserved_margin is not None:
        free = facts.free_margin - facts.reserved_margin
    leverage = levels.per_trade().max_leverage
    return _narrower(
        _room(facts, levels.of_wallet()),
        positions=_left(levels.of_user().max_positions_per_wallet, positions),
        notional=_part_left(facts.equity, None if leverage is None else Decimal(leverage), exposure),
        margin=free,
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
        notional=_least((asset, held)),
    )


def _loss_budget(facts: ScopeFacts, limits: RiskLimits) -> Decimal | None:
    """Room of the day's loss: the limit, less the loss so far and what pending entries may lose."""
    if facts.day is None or facts.equity is None or facts.reserved_risk is None:
        return None
    loss = _loss(facts.day, facts.equity) + facts.reserved_risk
    base = max(facts.day.start_equity - facts.day.withdrawals, ZERO)
    fraction = limits.max_daily_loss_fraction
    part = None if fraction is None else _floor(base * fraction)
    bound = _least((limits.max_daily_loss_usd, part))
    return None if bound is None else bound - loss


def _loss(day: LossWindow, equity: Decimal) -> Decimal:
    if day.pnl is not None:
        return -day.pnl
    return day.start_equity + day.deposits - day.withdrawals - equity


def _narrower(room: Room, **bounds: Decimal | None) -> Room:
    """Return the room, narrowed by what else binds."""
    return Room(
        positions=_least((room.positions, bounds.get("positions"))),
        notional=_least((room.notional, bounds.get("notional"))),
        margin=_least((room.margin, bounds.get("margin"))),
        open_risk=room.open_risk,
        loss_budget=room.loss_budget,
    )


def _least(values: Iterable[Decimal | None]) -> Decimal | None:
    return min((value for value in values if value is not None), default=None)


def _left(limit: int | None, used: Decimal | int | None) -> Decimal | None:
    return None if limit is None or used is None else Decimal(limit) - used


def _part_left(equity: Decimal | None, fraction: Decimal | None, used: Decimal | None) -> Decimal | None:
    """Room under a part of equity; None without a limit. What is not known was refused before."""
    if equity is None or fraction is None or used is None:
        return None
    return _floor(equity * fraction) - used


def _floor(amount: Decimal) -> Decimal:
    return amount.quantize(UNIT, ROUND_FLOOR)


def _above(used: Decimal, room: Decimal | None) -> Decimal | None:
    return None if room is None else _floor(used + room)


def _count(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _total(*parts: Decimal | None) -> Decimal | None:
    total = ZERO
    for part in parts:
        if part is None:
            return None
        total += part
    return total
