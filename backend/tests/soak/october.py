"""The tenth of October 2025 again: 500 wallets, five markets, the crash at 21:00 UTC, and who is stopped when.

    make soak NAME=october

The hourly bars of `../shared/data` are played point by point (open, low, high, close) into the product's own breaker
watch over real rows. At which bar each account has to be stopped is read a second time by pandas from the equity
series alone. Every message goes to a Bot API and a mail server on loopback, by two senders at once, and is counted.
The day's report is written to the file that is named. Prints one JSON object per figure; exits 1 where anything
differs. The five-minute file begins nine days later, so that hours are the finest bars there are of that day.
"""

import argparse
import asyncio
import json
import logging
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import numpy as np
import pandas as pd
import structlog

from app.adapters.email import EmailCourier
from app.adapters.telegram import TelegramBot
from app.bootstrap.breakers import operator_breaker
from app.bootstrap.notifications import sealed_addresses
from app.core.clock import utc_now
from app.core.config import ROOT_DIR, DatabaseRole, Settings, role_database_url
from app.core.db import Database
from app.domain.funding import NextFunding
from app.domain.notification_events import Channel
from app.domain.order_book import OrderBook
from app.domain.price_batch import PriceFlush, PriceTick
from app.domain.types import Candle, Instrument
from app.domain.venue import Quote, VenueUnavailableError
from app.services.breaker_report import ReportPeriod
from app.services.notification_sender import Courier, NotificationSender
from app.services.price_book import PriceBook
from app.services.trading.breaker_watch import BreakerWatch
from app.services.trading.markets import MarketView
from benchmarks.served import benchmark_settings
from tests.services.notification_world import Servers, person, servers

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
DAY = datetime(2025, 10, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
POINTS = ("open", "low", "high", "close")
BASES = ("btc", "eth", "sol", "xrp", "doge")
SYMBOLS = {base: f"{base.upper()}/USDT:USDT" for base in BASES}
START = Decimal(10_000)
PERCENTS = (2, 3, 5, 8, 12, 20)
CHANNELS = (Channel.TELEGRAM, Channel.EMAIL)


def say(name: str, value: object, unit: str, limit: object = None) -> None:
    print(json.dumps({"name": f"october.{name}", "value": value, "unit": unit, "limit": limit}), flush=True)


def bars() -> dict[str, pd.DataFrame]:
    """The day's bars by symbol, indexed by their opening."""
    found = {}
    for base, symbol in SYMBOLS.items():
        frame = pd.read_csv(DATA / f"{base}usdt_perp_1h_2025-09_10.csv.gz")
        frame.index = pd.to_datetime(frame.pop("timestamp"), unit="ms", utc=True)
        found[symbol] = frame[(frame.index >= DAY) & (frame.index < DAY + 24 * HOUR)]
    return found


@dataclass(frozen=True, slots=True)
class Holder:
    """An account with one wallet: signed quantities by symbol, and the loss of the day at which it stops."""

    user_id: UUID
    wallet_id: UUID
    chat: int
    quantities: dict[str, Decimal]
    percent: int


class ReplayedVenue:
    """What the watch asks of a venue beside prices, which are handed to it: its instruments, and its clock."""

    async def instrument(self, venue: str, symbol: str, *, anew: bool = False) -> Instrument | None:
        del venue
        one = Decimal(1)
        return Instrument(symbol, one, one, one, one, one, one, 20, Decimal(0), Decimal(0))

    async def instruments(self, venue: str) -> Sequence[Instrument]:
        del venue
        return ()

    async def quote(self, venue: str, symbol: str) -> Quote | None:
        del venue, symbol
        return None  # prices are handed over, and never old while they are needed

    async def next_funding(self, venue: str, symbol: str) -> NextFunding:
        raise VenueUnavailableError(f"{venue} does not tell the funding of {symbol}")

    async def order_book(self, venue: str, symbol: str, levels: int) -> OrderBook:
        """The history holds bars and no books: what cannot be known is refused, as by a venue that does not answer."""
        raise VenueUnavailableError(f"This market has no book: {levels} levels of {symbol} at {venue}.")

    async def closed_candles(
        self, venue: str, symbol: str, timeframe: str, *, limit: int, now_market_ms: int
    ) -> Sequence[Candle]:
        del venue, symbol, timeframe, limit, now_market_ms
        return ()

    async def quotes(self, venue: str, symbols: Sequence[str]) -> AsyncIterator[Sequence[Quote]]:
        del venue, symbols
        nothing: Sequence[Sequence[Quote]] = ()
        for batch in nothing:
            yield batch

    async def recent_clock_offset(self, venue: str, no_older_than: timedelta) -> int:
        del venue, no_older_than
        return 0


class October:
    """The accounts, the play and the comparison."""

    def __init__(self, settings: Settings, sql: asyncpg.Connection, world: Servers) -> None:
        self._sql, self._world = sql, world
        self._system = Database(role_database_url(settings, DatabaseRole.SYSTEM))
        self._book = PriceBook()
        venue = ReplayedVenue()
        self._watch = BreakerWatch(self._system, MarketView(venue, self._book), venue, utc_now)
        self._bars = bars()
        self._holders: list[Holder] = []

    async def close(self) -> None:
        await self._system.close()

    async def open_accounts(self, count: int) -> None:
        """Accounts that hold one to three of the markets, long or short, worth one to four times their equity."""
        dice = np.random.default_rng(10)
        for place in range(count):
            chosen = dice.choice(list(SYMBOLS.values()), int(dice.integers(1, 4)), replace=False)
            quantities = {}
            for symbol in chosen:
                side = 1 if dice.random() < 0.75 else -1
                notional = float(START) * dice.uniform(0.3, 4.0) / len(chosen)
                price = float(self._bars[symbol]["open"].iloc[0])
                quantities[str(symbol)] = Decimal(str(round(side * notional / price, 4)))
            percent = int(dice.choice(PERCENTS))
            user_id = await person(self._sql, chat=1_000 + place)
            holder = Holder(user_id, uuid4(), 1_000 + place, quantities, percent)
            self._holders.append(holder)
            await self._store(holder)

    async def _store(self, holder: Holder) -> None:
        sql = self._sql
        await sql.execute(
            "INSERT INTO risk_settings (user_id, max_daily_loss_percent, max_daily_loss_usd, max_drawdown_percent,"
            " max_weekly_loss_percent, max_monthly_loss_percent) VALUES ($1, $2, NULL, NULL, NULL, NULL)",
            *(holder.user_id, holder.percent),
        )
        await sql.execute(
            "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint, shard)"
            " VALUES ($1, $2, 'October', 'paper', $3, 0)",
            *(holder.wallet_id, holder.user_id, str(holder.wallet_id)),
        )
        for wallet in (None, holder.wallet_id):
            await sql.execute(
                "INSERT INTO risk_state (user_id, environment, wallet_id, balance, equity, free_margin,"
                " balance_as_of, day_start, day_start_equity, peak_equity, consecutive_losses)"
                " VALUES ($1, 'paper', $2, $3, $3, $3, now(), $4, $3, $3, 0)",
                *(holder.user_id, wallet, START, DAY),
            )
        for symbol, quantity in holder.quantities.items():
            price = Decimal(str(self._bars[symbol]["open"].iloc[0]))
            await sql.execute(
                "INSERT INTO trades (id, user_id, wallet_id, environment, venue, symbol, strategy, timeframe, side,"
                " status, planned_quantity, planned_entry_price, planned_notional, leverage, quantity, entry_price,"
                " initial_stop_price, stop_price, trailing_enabled, trailing_activation_fraction,"
                " trailing_fraction, risk_amount, signal_confidence, reason, opened_at)"
                " VALUES ($1, $2, $3, 'paper', 'paper', $4, 'replay', '1h', $5, 'PROTECTED', $6, $7, $8, 20, $6, $7,"
                " $7, $7, false, 0, 0, 1, 0.9, 'replay', $9)",
                *(uuid4(), holder.user_id, holder.wallet_id, symbol, "long" if quantity > 0 else "short"),
                *(abs(quantity), price, round(abs(quantity) * price, 8), DAY),
            )

    async def play(self) -> None:
        """Every point of every bar: its prices, then one look of the watch."""
        for number, opened in enumerate(next(iter(self._bars.values())).index):
            for place, point in enumerate(POINTS):
                at = round((opened + place * HOUR / len(POINTS)).timestamp() * 1000)
                prices = {symbol: float(frame[point].iloc[number]) for symbol, frame in self._bars.items()}
                ticks = [PriceTick(symbol, price, price, at) for symbol, price in prices.items()]
                self._book.accept(PriceFlush("paper", ticks, round(utc_now().timestamp() * 1000)))
                await self._watch.look()

    def expected(self) -> dict[UUID, datetime]:
        """The bar at which each account has lost its limit of the day, out of its equity series alone."""
        series = {
            symbol: pd.concat({point: frame[point] for point in POINTS}, axis=1).stack()
            for symbol, frame in self._bars.items()
        }
        found = {}
        for holder in self._holders:
            equity = float(START) + sum(
                float(quantity) * (series[symbol] - series[symbol].iloc[0])
                for symbol, quantity in holder.quantities.items()
            )
            lost = equity[float(START) - equity >= float(START) * holder.percent / 100]
            if len(lost):
                found[holder.user_id] = lost.index[0][0].to_pydatetime()
        return found

    async def tripped(self) -> dict[UUID, datetime]:
        """The bar at which the product stopped each account."""
        rows = await self._sql.fetch(
            "SELECT user_id, min(market_time) AS at FROM breaker_events WHERE kind = 'tripped' AND scope = 'user'"
            " AND cause = 'daily_loss' GROUP BY 1"
        )
        return {row["user_id"]: row["at"].replace(minute=0, second=0, microsecond=0) for row in rows}

    async def tell(self) -> None:
        """Send everything, by two senders at once."""
        bots = [TelegramBot(self._world.settings) for _ in range(2)]
        senders = []
        for bot in bots:
            couriers: dict[Channel, Courier] = {
                Channel.TELEGRAM: bot,
                Channel.EMAIL: EmailCourier(self._world.settings),
            }
            sealed = sealed_addresses(self._world.settings)
            senders.append(NotificationSender(self._system, couriers, sealed, utc_now))
        await asyncio.gather(*(_deliver(sender) for sender in senders))
        for bot in bots:
            await bot.close()

    async def told(self, stopped: set[UUID]) -> dict[str, int]:
        """How many accounts were told other than once by each way: with the message where stopped, else not."""
        in_app = Counter(
            row["user_id"]
            for row in await self._sql.fetch(
                "SELECT user_id FROM notifications WHERE event = 'breaker_tripped' AND in_app = 'on'"
            )
        )
        chats = Counter(one.chat_id for one in self._world.bot.sent if "Circuit breaker tripped" in one.text)
        mails = Counter(
            str(mail["To"]) for mail in self._world.mail.mails if "Circuit breaker" in str(mail["Subject"])
        )
        wrong = dict.fromkeys(("in_app", "telegram", "email"), 0)
        for holder in self._holders:
            due = int(holder.user_id in stopped)
            wrong["in_app"] += in_app[holder.user_id] != due
            wrong["telegram"] += chats[holder.chat] != due
            wrong["email"] += mails[f"{holder.user_id}@example.com"] != due
        return wrong

    async def report(self) -> str:
        """The page of the day, as an administrator reads it."""
        async with self._system.system() as session:
            return await operator_breaker(session, utc_now).report(ReportPeriod(DAY, DAY + 24 * HOUR))


async def _deliver(sender: NotificationSender) -> None:
    while await sender.dispatch():
        pass
    for channel in CHANNELS:
        while await sender.send_due(channel):
            pass


async def soak(settings: Settings, wallets: int) -> tuple[bool, str]:
    """Play the day and compare; whether everything agreed, and the day's page."""
    sql = await asyncpg.connect(settings.database_url)
    async with servers(settings) as world:
        october = October(settings, sql, world)
        try:
            await october.open_accounts(wallets)
            await october.play()
            await october.tell()
            expected, tripped = october.expected(), await october.tripped()
            differ = {
                user for user in expected.keys() | tripped.keys() if expected.get(user) != tripped.get(user)
            }
            wrong = await october.told(set(tripped))
            page = await october.report()
        finally:
            await october.close()
            await sql.close()
    hours = Counter(at.hour for at in tripped.values())
    say("wallets", wallets, "count", 500)
    say("stopped", len(tripped), "accounts")
    say("stopped_in_the_hour_of_21_00", hours[21], "accounts")
    say("bars_that_differ_from_pandas", len(differ), "accounts", 0)
    for way, count in wrong.items():
        say(f"not_told_exactly_once.{way}", count, "accounts", 0)
    return not differ and not any(wrong.values()) and bool(tripped), page


def main() -> int:
    """Run, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wallets", type=int, default=500)
    parser.add_argument(
        "--report", type=Path, default=ROOT_DIR / "var" / "october.html", help="where the page goes"
    )
    arguments = parser.parse_args()
    if not (DATA / "btcusdt_perp_1h_2025-09_10.csv.gz").exists():
        print(f"skipped: the bars of October 2025 are not in {DATA}", file=sys.stderr)
        return 0
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with benchmark_settings() as settings:
        agreed, page = asyncio.run(soak(settings, arguments.wallets))
    arguments.report.write_text(page)
    say("report", str(arguments.report.resolve()), "file")
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())
