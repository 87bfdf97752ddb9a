"""An hour of market in which people trade by hand on the wallets that we trade, through a second ccxt client.

    make soak NAME=manual_trades ARGS="--market-minutes 60 --speed 12"

One executor trades every wallet in five markets; beside it each wallet's owner closes and reduces our positions and
opens, adds to and closes positions of their own: at market, with limit orders that wait and with stops of their own,
all through unmodified ccxt (whose own order ids begin with the same letter as ours). Meanwhile user streams are cut
and expired, and the executor is killed. The market is a replay of hourly files (`--data`; where there are none, a
synthetic one) and may run fast; the age of a discovery is wall time all the same, from the moment the order was seen
filled by its owner until its fills stood in our database: the bound holds in the clock that people live by.

Prints one JSON object per figure; exits 1 where a fill by hand was not found within thirty seconds, or one of ours
was called external.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from statistics import quantiles
from typing import Final

import ccxt

from app.adapters.exchange.ccxt_instances import Ccxt, make_instance
from app.adapters.exchange.venues import venue_profile
from app.core.clock import utc_now
from app.core.config import ROOT_DIR
from app.domain.client_order_id import is_of_deployment
from app.domain.venue import VenueFill
from app.repositories.trading_accounts import TradingAccount
from app.services.ports import ExchangeGateway
from app.services.trading.balances import account_key
from app.services.trading.counterfactuals import Counterfactuals
from tests.service_host import TestServices, session_lock, session_services, stop_session_services
from tests.services.trading.floor import SYMBOLS
from tests.soak.crash_lane import NO_LIMITS, Lane

DATA: Final = ROOT_DIR.parent / "shared" / "data"
REPLAY_FILES: Final = "*_perp_1h_*.csv*"
LIMIT_SECONDS: Final = 30.0
HAND_PAUSE: Final = (0.4, 2.5)  # wall seconds between two things that one owner does
SIGNAL_SECONDS: Final = 2.0
TROUBLE_SECONDS: Final = 20.0
LOOK_SECONDS: Final = 0.25
LONGEST_REST_SECONDS: Final = 6.0
FAST: Final = 3_600.0
RESOLVING_SECONDS: Final = 15.0


@dataclass(slots=True)
class ByHand:
    """One order that its owner sent. `filled_at` is the wall time at which they were told that it had filled; None
    where it never did."""

    account: TradingAccount
    symbol: str
    order_id: str
    how: str
    filled_at: datetime | None = None


@dataclass
class Owners:
    """What the owners did."""

    orders: list[ByHand] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


class HandLane(Lane):
    """A lane whose wallets are traded by us and by their owners."""

    SHARES_BUDGET = True

    def __init__(self, services: TestServices, folder: Path, arguments: argparse.Namespace) -> None:
        super().__init__(1, services, folder / "services", folder / "lanes", wallets=arguments.wallets)
        self.SPEED = arguments.speed
        self._data: Path | None = arguments.data if any(arguments.data.glob(REPLAY_FILES)) else None
        self.owners = Owners()
        self.troubles: Counter[str] = Counter()
        self._sql_free = asyncio.Lock()  # the floor has one connection

    def feed(self) -> tuple[str, ...]:
        """The replay, where there is one."""
        return super().feed() if self._data is None else ("--feed", "replay", "--replay-dir", str(self._data))

    async def play(self, market_minutes: float) -> list[TradingAccount]:
        """Let everybody trade for so long, then wait until what was done can have been found."""
        accounts = [await self._funded() for _ in range(self.wallets)]
        for account in accounts:
            await self.floor.until_compared(account)
        tasks = [asyncio.create_task(self._own(account)) for account in accounts]
        tasks += [asyncio.create_task(one(accounts)) for one in (self._trade, self._trouble)]
        await asyncio.sleep(market_minutes * 60 / self.SPEED)
        for task in tasks:
            task.cancel()
        for failure in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(failure, Exception):
                raise failure
        self.venue.pause()
        await self._wait_until_found()
        return accounts

    async def _funded(self) -> TradingAccount:
        user = await self.floor.user(**NO_LIMITS, fixed_amount_usd=Decimal(2_000))
        return await self.floor.wallet(user, deposit="1000000", shard=self.dice.randrange(4))

    async def _trade(self, accounts: list[TradingAccount]) -> None:
        """Signals for every wallet, and an exit of ours now and then."""
        while True:
            async with self._sql_free:
                side = self.dice.choice(("long", "short"))
                await self.floor.signal(self.dice.choice(SYMBOLS), side, stop="0.01")
                trade = await self.floor.trade(self.dice.choice(accounts), self.dice.choice(SYMBOLS))
                if trade is not None and trade["status"] == "PROTECTED" and self.dice.random() < 0.5:
                    payload = {"trade_id": str(trade["id"]), "reason": "manual"}
                    await self.floor.enqueue("exit", payload)
            await asyncio.sleep(SIGNAL_SECONDS)

    async def _trouble(self, _: list[TradingAccount]) -> None:
        """Streams that fall silent, and an executor that dies: REST has to find what nobody told of."""
        while True:
            await asyncio.sleep(TROUBLE_SECONDS)
            kind = self.dice.choice(("expire_listen_keys", "drop_sockets", "kill"))
            self.troubles[kind] += 1
            if kind == "kill":
                self.host.processes[-1].send_signal(signal.SIGKILL)
                await asyncio.to_thread(self.host.start)
            else:
                await asyncio.to_thread(self.venue.control, "POST", "/sim/fault/act", {kind: True})

    async def resolve(self) -> None:
        """Let the market run on, fast, until what our rules would have done is known of some more."""
        counterfactuals = Counterfactuals(self.floor.desk.system, self.floor.reader)
        self.venue.resume(FAST)
        loop = asyncio.get_running_loop()
        end = loop.time() + RESOLVING_SECONDS
        while loop.time() < end:
            await counterfactuals.resolve()
            await asyncio.sleep(LOOK_SECONDS)
        self.venue.pause()

    async def _own(self, account: TradingAccount) -> None:
        """One owner with a client of their own."""
        keys = self.venue.account(str(account.wallet_id))
        client = make_instance(
            venue_profile("paper", self.venue.url), credentials=(keys.api_key, keys.api_secret)
        )
        try:
            await client.load_markets()
            while True:
                await asyncio.sleep(self.dice.uniform(*HAND_PAUSE))
                try:
                    await self._act(client, account, self.dice.choice(SYMBOLS))
                except ccxt.BaseError as error:
                    self.owners.refused[type(error).__name__] += 1
        finally:
            await client.close()

    async def _act(self, client: Ccxt, account: TradingAccount, symbol: str) -> None:
        """Close or reduce what the venue shows, or open and add to something."""
        held = [one for one in await client.fetch_positions([symbol]) if one["contracts"]]
        price = float((await client.fetch_ticker(symbol))["last"])
        if held and self.dice.random() < 0.7:
            side = "sell" if held[0]["side"] == "long" else "buy"
            part = self.dice.choice((1.0, 1.0, 0.5))  # the exact quantity, or a half
            amount = float(held[0]["contracts"]) * part
            await self._send(client, account, symbol, side, amount, price, reduce=part == 1.0)
            return
        side = self.dice.choice(("buy", "sell"))
        await self._send(client, account, symbol, side, self.dice.uniform(200, 900) / price, price)

    async def _send(
        self,
        client: Ccxt,
        account: TradingAccount,
        symbol: str,
        side: str,
        amount: float,
        price: float,
        *,
        reduce: bool = False,
    ) -> None:
        amount = float(client.amount_to_precision(symbol, amount))
        how = self.dice.choice(("market", "market", "limit", "stop"))
        near = price * (1 + (0.0003 if (side == "buy") == (how == "stop") else -0.0003))
        limit = client.price_to_precision(symbol, near)
        extra: dict[str, object] = {"reduceOnly": True} if reduce else {}
        if how == "stop":
            sent = await client.create_order(
                symbol, "market", side, amount, None, extra | {"stopLossPrice": limit}
            )
        elif how == "limit":
            sent = await client.create_order(symbol, "limit", side, amount, limit, extra)
        else:
            sent = await client.create_order(symbol, "market", side, amount, None, extra)
        await self._follow(client, ByHand(account, symbol, str(sent["id"]), how))

    async def _follow(self, client: Ccxt, order: ByHand) -> None:
        """Wait until it filled; what rests too long is cancelled, as people do."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST_REST_SECONDS
        conditional: dict[str, object] = {"trigger": True} if order.how == "stop" else {}
        kept = ByHand(order.account, order.symbol, order.order_id, order.how)
        if not conditional:
            self.owners.orders.append(kept)
        while True:
            before = utc_now()
            seen = await client.fetch_order(order.order_id, order.symbol, conditional)
            became = str(seen["info"].get("actualOrderId") or "") if conditional else order.order_id
            if conditional and became:
                kept.order_id = became
                self.owners.orders.append(kept)
                conditional, order.order_id = {}, became
                continue
            if seen["filled"] and not conditional:
                kept.filled_at = kept.filled_at or before  # asked before the answer came: never too late
                if seen["status"] != "open":
                    return
            if seen["status"] in ("canceled", "expired", "rejected"):
                return
            if loop.time() > end:
                await client.cancel_order(order.order_id, order.symbol, conditional)
            await asyncio.sleep(LOOK_SECONDS)

    async def _wait_until_found(self) -> None:
        """Until everything that the venue filled by hand stands in our books, or half a minute is over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LIMIT_SECONDS
        while loop.time() < end:
            known = {
                row["exchange_order_id"]
                for row in await self.sql.fetch("SELECT exchange_order_id FROM external_fills")
            }
            if all(one.order_id in known for one in self.owners.orders if one.filled_at is not None):
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def judge(self, accounts: list[TradingAccount]) -> dict[str, object]:
        """The venue's own record of every fill, against what we wrote down."""
        by_hand = {(one.account.wallet_id, one.order_id): one for one in self.owners.orders}
        missed, called_external, called_ours = 0, 0, 0
        found: list[float] = []
        for account in accounts:
            rows = await self.sql.fetch(
                "SELECT symbol, venue_trade_id, recorded_at FROM external_fills WHERE wallet_id = $1",
                account.wallet_id,
            )
            external = {(row["symbol"], row["venue_trade_id"]): row["recorded_at"] for row in rows}
            gateway = await self.floor.desk.gateways.for_account(account_key(account))
            for symbol in SYMBOLS:
                for fill in await gateway.fills(symbol, since_id="0"):
                    order = by_hand.get((account.wallet_id, fill.exchange_order_id))
                    at = external.get((symbol, fill.venue_trade_id))
                    if order is None:  # ours, or one that its owner lost sight of when cancelling it failed
                        called_external += at is not None and await self._is_ours(gateway, symbol, fill)
                    elif at is None:
                        missed += 1
                    else:
                        asked = at if order.filled_at is None else order.filled_at
                        found.append(max((at - asked).total_seconds(), 0.0))
            ours = await self.sql.fetch(
                "SELECT exchange_order_id, triggered_order_id FROM orders WHERE wallet_id = $1",
                account.wallet_id,
            )
            named = {one for row in ours for one in (row["exchange_order_id"], row["triggered_order_id"])}
            called_ours += sum(
                order_id in named for wallet, order_id in by_hand if wallet == account.wallet_id
            )
        return {"missed": missed, "called_external": called_external, "called_ours": called_ours, "s": found}

    async def _is_ours(self, gateway: ExchangeGateway, symbol: str, fill: VenueFill) -> bool:
        """Whether the fill's order carries an id of ours at the venue, or cannot be told."""
        shown = await gateway.order_by_venue_id(symbol, fill.exchange_order_id)
        return shown is None or is_of_deployment(shown.client_order_id, self.floor.terms.deployment)


async def figures(lane: HandLane, arguments: argparse.Namespace) -> int:
    """Play, judge and print; the exit code."""
    accounts = await lane.play(arguments.market_minutes)
    judged = await lane.judge(accounts)
    await lane.resolve()
    seconds = judged.pop("s")
    assert isinstance(seconds, list)
    effects = await lane.sql.fetch("SELECT effect, count(*) AS n FROM manual_trades GROUP BY effect")
    whatif = await lane.sql.fetch(
        "SELECT counterfactual, count(*) AS n FROM manual_trades WHERE touched = 'ours' GROUP BY 1"
    )
    late = sum(one > LIMIT_SECONDS for one in seconds)
    cuts = quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else [0.0] * 99
    filled = [one for one in lane.owners.orders if one.filled_at is not None]

    def line(name: str, value: object, unit: str, limit: object = None) -> None:
        print(json.dumps({"name": f"manual_trades.{name}", "value": value, "unit": unit, "limit": limit}))

    line("feed", lane.feed()[1], "of the market's prices")
    line("market_minutes", arguments.market_minutes, f"minutes at {arguments.speed:g} times real time")
    line("orders_by_hand", len(lane.owners.orders), "orders, filled or not")
    line("filled_by_hand", dict(Counter(one.how for one in filled)), "orders")
    line("fills_found", len(seconds), "fills")
    line("fills_missed", judged["missed"], "fills", 0)
    line("found_late", late, f"fills later than {LIMIT_SECONDS:g} s", 0)
    line("ours_called_external", judged["called_external"], "fills", 0)
    line("theirs_called_ours", judged["called_ours"], "orders", 0)
    for name, value in (
        ("p50", cuts[49]),
        ("p95", cuts[94]),
        ("p99", cuts[98]),
        ("max", max(seconds or [0])),
    ):
        line(f"found_{name}_s", round(value, 3), "s of wall time, from filled to written", LIMIT_SECONDS)
    line("effects", {row["effect"]: row["n"] for row in effects}, "manual trades")
    line("counterfactuals", {row["counterfactual"]: row["n"] for row in whatif}, "closed or reduced ours")
    line("troubles", dict(lane.troubles), "times")
    line("refused_by_venue", dict(lane.owners.refused), "orders by hand")
    failed = late or judged["missed"] or judged["called_external"] or judged["called_ours"]
    return 1 if failed or not seconds else 0


async def run(arguments: argparse.Namespace, services: TestServices) -> int:
    lane = HandLane(services, arguments.folder, arguments)
    await lane.open()
    try:
        return await figures(lane, arguments)
    finally:
        await lane.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--market-minutes", type=float, default=60.0)
    parser.add_argument("--speed", type=float, default=12.0, help="market seconds per second")
    parser.add_argument("--data", type=Path, default=DATA, help=f"folder of {REPLAY_FILES}")
    parser.add_argument("--wallets", type=int, default=8)
    parser.add_argument("--folder", type=Path, default=ROOT_DIR / "var" / "soak-manual-trades")
    arguments = parser.parse_args()
    host = arguments.folder / "services"
    host.mkdir(parents=True, exist_ok=True)
    with session_lock(host):
        services = session_services(host, os.getpid())
    try:
        return asyncio.run(run(arguments, services))
    finally:
        stop_session_services(host)


if __name__ == "__main__":
    sys.exit(main())
