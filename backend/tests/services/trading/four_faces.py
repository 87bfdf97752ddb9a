"""One question at four faces: the calculator, the dry run, the preview of changed settings, and the gate itself.

Hypothesis draws the entry, the facts and two sets of settings. Under the first the calculator and the dry run are
asked over HTTP, then the gate, whose answer is read as it is stored. The entry is then given up and the settings are
the second ones: the preview of going back to the first must say what the gate said, and of the second what the
calculator and the dry run say now. The API, the gate, the database and its locks are the real ones; the market of
both stands still. The settings' own stops are left out: they make another order, not another answer to one.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.bootstrap import api as bootstrap
from app.core.config import Settings
from app.domain.decimal_text import plain
from app.domain.defaults import RiskSettingsValues
from app.domain.settings_rules import setting_errors
from app.main import PREFIX, create_app
from app.schemas.decision import SettingsPreview
from app.schemas.risk_check import EntryAnswer
from tests.api.desk_world import World
from tests.services.trading.floor import BTC, ETH, STRATEGY
from tests.services.trading.gate_racer import GateDesk
from tests.services.trading.gate_world import GateWorld
from tests.services.trading.still_market import PRICE, StillMarket

Drawn = Mapping[str, Any]
FIGURES = ("quantity", "notional", "margin", "risk_amount", "method", "binding_cap")
SAID = ("code", "limit", "value", "scope")


def _decimal(least: str, most: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(least), Decimal(most), places=places)


def _limit(drawn: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A limit that mostly does not stand: of so many, one usually binds even so."""
    return st.integers(0, 3).flatmap(lambda chance: drawn if chance == 3 else st.none())


SETTINGS = st.fixed_dictionaries(
    {
        "position_sizing_method": st.sampled_from(["fixed_percent", "fixed_amount", "kelly", "risk_parity"]),
        "risk_per_trade_percent": _decimal("0.1", "5", 2),
        "fixed_amount_usd": _decimal("10", "100000", 2),
        "kelly_fraction": _decimal("0", "1", 3),
        "max_leverage": st.none() | st.integers(1, 20),
        "max_position_size_usd": _limit(_decimal("100", "20000", 2)),
        "max_position_size_percent": _limit(_decimal("1", "40", 2)),
        "max_portfolio_heat": _limit(_decimal("40", "300", 2)),
        "max_open_risk_percent": _limit(_decimal("0.5", "20", 2)),
        "max_open_positions": _limit(st.integers(0, 4)),
        "max_trades_per_day": _limit(st.integers(0, 4)),
        "max_daily_loss_usd": _limit(_decimal("50", "2000", 2)),
        "max_daily_loss_percent": _limit(_decimal("1", "10", 2)),
        "max_drawdown_percent": _limit(_decimal("1", "50", 2)),
        "max_consecutive_losses": _limit(st.integers(1, 4)),
        "min_risk_reward_ratio": _limit(_decimal("0", "4", 2)),
        "enable_scale_out": st.booleans(),
        "min_signal_confidence": _limit(_decimal("0.5", "1", 2)),
        "max_single_asset_exposure_percent": _limit(_decimal("20", "100", 2)),
    }
).filter(lambda drawn: not setting_errors(RiskSettingsValues(**drawn)))


@dataclass(frozen=True, slots=True)
class Asked:
    """An entry, and the facts that it meets. `stop` and `target` are in cents of the price away from it."""

    side: str
    stop: int
    target: int | None
    confidence: Decimal
    equity: Decimal
    lost_today: Decimal
    losses: int
    held: tuple[str, ...]
    wallet_most_usd: Decimal | None
    strategy_positions: int | None


ASKED = st.builds(
    Asked,
    side=st.sampled_from(["long", "short"]),
    stop=st.integers(100, 8_000),
    target=st.none() | st.integers(500, 30_000),
    confidence=_decimal("0.5", "1", 2),
    equity=_decimal("1000", "100000", 2),
    lost_today=st.just(Decimal(0)) | _decimal("0", "500", 2),
    losses=st.integers(0, 3),
    held=st.sampled_from([(), (ETH,), (BTC,), (BTC, ETH)]),
    wallet_most_usd=_limit(_decimal("50", "5000", 2)),
    strategy_positions=_limit(st.integers(0, 3)),
)


class FourFaces:
    """Asks them all about one entry of a user who is new to each question."""

    def __init__(
        self, configured: Settings, sql: asyncpg.Connection, desk: GateDesk, http: httpx.AsyncClient
    ):
        self._configured, self._sql, self._desk, self._http = configured, sql, desk, http

    async def agree(self, asked: Asked, first: Drawn, second: Drawn) -> bool:
        """Whether all of them approve; AssertionError where two answer differently."""
        world = await GateWorld.open(self._configured, self._sql, self._desk)
        headers = await self._signed_in(world)
        await self._arrange(world, asked)
        await self._set(world, first)
        shown = [await self._shown(world, asked, path, headers) for path in ("position-size", "validate")]
        stored = await self._decided(world, asked)
        assert shown == [stored, stored]
        await self._sql.execute("UPDATE trades SET status = 'EXPIRED' WHERE status = 'INTENT'")
        await self._set(world, second)
        now = [await self._shown(world, asked, path, headers) for path in ("position-size", "validate")]
        assert now[0] == now[1]
        body = {name: None if value is None else str(value) for name, value in first.items()}
        whole = {name: value for name, value in first.items() if value is None or isinstance(value, int)}
        answer = await self._http.post("/risk/settings/preview", json=body | whole, headers=headers)
        assert answer.status_code == 200, answer.text
        _hold_alike(SettingsPreview.model_validate_json(answer.content), before=now[0], after=stored)
        approved: bool = stored["approved"]
        return approved

    async def _signed_in(self, world: GateWorld) -> dict[str, str]:
        owner, session_id = World(self._sql, self._configured), uuid4()
        await self._sql.execute("UPDATE users SET email_verified_at = now() WHERE id = $1", world.user_id)
        await self._sql.execute(
            "INSERT INTO sessions (id, user_id, expires_at, proved_at) VALUES ($1, $2, now() + '1 day', now())",
            *(session_id, world.user_id),
        )
        return owner.bearer(world.user_id, session_id)

    async def _arrange(self, world: GateWorld, asked: Asked) -> None:
        """What is held elsewhere is another wallet's, so that the symbol is still free here."""
        if asked.held:
            other = await world.add_wallet(uuid4())
            for symbol in asked.held:
                await world.trade(symbol, wallet_id=other)
        await world.state(
            balance=asked.equity,
            equity=asked.equity,
            free_margin=asked.equity,
            day_start_equity=asked.equity + asked.lost_today,
            peak_equity=asked.equity + asked.lost_today,
            consecutive_losses=asked.losses,
        )
        await world.limit("wallet", "max_position_size_usd", asked.wallet_most_usd)
        if asked.strategy_positions is not None:
            await world.limit("strategy", "max_open_positions", asked.strategy_positions)

    async def _set(self, world: GateWorld, drawn: Drawn) -> None:
        for name, value in drawn.items():
            await world.limit("user", name, value)

    async def _shown(self, world: GateWorld, asked: Asked, path: str, headers: dict[str, str]) -> Drawn:
        stop, target = _prices(asked)
        question = {
            "wallet_id": str(world.wallet_id),
            "symbol": BTC,
            "side": asked.side,
            "entry_price": str(PRICE),
            "stop_price": str(stop),
            "take_profit_price": None if target is None else str(target),
            "signal_confidence": str(asked.confidence),
            "strategy": STRATEGY,
        }
        answer = await self._http.post(f"/risk/{path}", json=question, headers=headers)
        assert answer.status_code == 200, answer.text
        held = json.loads(EntryAnswer.model_validate_json(answer.content).model_dump_json())
        return _answer(held["approved"], held, held["breaches"])

    async def _decided(self, world: GateWorld, asked: Asked) -> Drawn:
        """The gate's answer as its receipt has it, which is also what the database says of it."""
        cents = PRICE * 100
        signal_id = await world.signal(
            confidence=str(asked.confidence),
            stop=str(Decimal(asked.stop) / cents),
            target=None if asked.target is None else str(Decimal(asked.target) / cents),
            side=asked.side,
        )
        (decision,) = await world.ask(signal_id)
        row = await self._sql.fetchrow(
            "SELECT approved, receipt FROM risk_decisions WHERE id = $1", decision.decision_id
        )
        assert row is not None
        held = json.loads(row["receipt"])["answer"]
        assert row["approved"] is held["approved"] is decision.is_approved
        return _answer(held["approved"], held["size"], held["breaches"])


def _prices(asked: Asked) -> tuple[Decimal, Decimal | None]:
    sign = 1 if asked.side == "long" else -1
    target = None if asked.target is None else PRICE + sign * Decimal(asked.target) / 100
    return PRICE - sign * Decimal(asked.stop) / 100, target


def _plain(figure: object) -> object:
    """A decimal as plain digits: a receipt keeps those that it was reckoned with."""
    try:
        return plain(Decimal(figure)) if isinstance(figure, str) else figure
    except InvalidOperation:
        return figure


def _answer(approved: bool, size: Drawn, breaches: list[Drawn]) -> Drawn:
    figures = {name: _plain(size.get(name)) for name in FIGURES}
    ratio = size.get("risk_reward")
    figures["risk_reward"] = None if ratio is None else f"{Decimal(ratio):.4f}"
    said = [{name: breach.get(name) for name in SAID} for breach in breaches]
    return {"approved": approved, "size": figures, "breaches": said}


def _hold_alike(preview: SettingsPreview, *, before: Drawn, after: Drawn) -> None:
    was, would_be = before["approved"], after["approved"]
    assert preview.considered == 1
    assert (preview.approved_before, preview.approved_after) == (int(was), int(would_be))
    assert (preview.blocks, preview.allows) == (int(was and not would_be), int(would_be and not was))
    sizes = [Decimal(one["size"]["notional"]) for one in (before, after)]
    both = was and would_be
    assert preview.smaller == int(both and sizes[1] < sizes[0])
    assert preview.larger == int(both and sizes[1] > sizes[0])
    for one in preview.changed:
        assert [breach.code for breach in one.breaches] == [breach["code"] for breach in after["breaches"]]


@asynccontextmanager
async def still_api(configured: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API whose market is the one that stands still."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "build_market_reader", lambda *_: StillMarket())
        app = create_app(configured)
        async with bootstrap.open_api(configured) as parts:
            app.state.parts, app.state.desk = parts, parts.desk
            address, transport = f"http://api{PREFIX}", httpx.ASGITransport(app)
            async with httpx.AsyncClient(base_url=address, transport=transport, timeout=120) as client:
                yield client


@asynccontextmanager
async def _four_faces(configured: Settings) -> AsyncIterator[FourFaces]:
    sql, desk = await asyncpg.connect(configured.database_url), GateDesk(configured)
    async with still_api(configured) as client:
        yield FourFaces(configured, sql, desk, client)
    await desk.close()
    await sql.close()


def one_answer_everywhere(configured: Settings, examples: int) -> int:
    """Ask that often, and return how many entries were approved; AssertionError with the smallest case in which
    two of them differ."""
    approved = 0
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        faces = runner.run(stack.enter_async_context(_four_faces(configured)))

        @given(asked=ASKED, first=SETTINGS, second=SETTINGS)
        @settings(
            max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        def holds(asked: Asked, first: Drawn, second: Drawn) -> None:
            nonlocal approved
            approved += runner.run(faces.agree(asked, first, second))

        try:
            holds()
        finally:
            runner.run(stack.aclose())
    return approved
