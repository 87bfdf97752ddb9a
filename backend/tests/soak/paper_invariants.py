"""Thousands of random steps through the paper exchange's engine, the books checked after each.

    make soak NAME=paper_invariants ARGS="--seeds 6 --steps 4000"

Three accounts in one-way and hedge mode, on cross and isolated margin, place, amend and cancel orders and stops,
change leverage and modes and move margin, while two markets wander, jump and pay funding. After every step wallets,
positions, isolated wallets, orders and the insurance fund are what the journalled rows say
(`tests/paper_exchange/books.py`), and after every step of the feed nobody is below maintenance. A wallet is never
below 0 without another cross position whose profit answers for it; how often that came about is counted. Each seed
runs twice and must end the same. Prints one JSON object per figure; stops at the first step that breaks a book,
naming seed and step; exits 1 when too few liquidations, hedged or isolated steps came about for the run to mean
anything.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable

from paper_exchange.randomness import seeded
from tests.paper_exchange.wandering import ACCOUNTS, SYMBOLS, Wanderers

SIDES = ("BUY", "SELL")
KINDS = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET")
TIMES = ("GTC", "GTC", "GTC", "IOC", "FOK", "GTX")
POOR = 2_000
LEAST = {"liquidation": 100, "hedged steps": 1_000, "isolated steps": 1_000}


class Walk:
    """One seeded way through everything that may be done."""

    def __init__(self, seed: int) -> None:
        self.draw: random.Random = seeded("paper invariants", seed)
        self.all = Wanderers(seed)
        self._moves: list[tuple[int, Callable[[], None]]] = [
            (25, self._market_order),
            (20, self._limit_order),
            (5, self._amend),
            (6, self._conditional),
            (30, self._price),
            (2, self._jump),
            (2, self._funding),
            (2, self._cancel),
            (3, self._modes),
            (4, self._margin),
            (3, self._leverage),
        ]

    def step(self) -> None:
        weights = [weight for weight, _ in self._moves]
        move = self.draw.choices([act for _, act in self._moves], weights)[0]
        move()
        self._feed_the_poor()
        self.all.check()

    def fingerprint(self) -> str:
        """The whole outcome in a few digits."""
        books = self.all.venue.books
        text = repr((sorted(books.wallets.items()), sorted(books.amounts.items()), books.insurance))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _someone(self) -> tuple[str, str, str, int, bool]:
        """Who, where, side, lots (most orders small, some as large as the account), position side."""
        draw = self.draw
        lots = int(4_000 ** draw.random()) + 1
        return draw.choice(ACCOUNTS), draw.choice(SYMBOLS), draw.choice(SIDES), lots, draw.random() < 0.5

    def _market_order(self) -> None:
        name, symbol, side, lots, long = self._someone()
        self.all.order(name, symbol, side, lots, long, reduce_only=self.draw.random() < 0.15)

    def _limit_order(self) -> None:
        name, symbol, side, lots, long = self._someone()
        offset = int(self.draw.gauss(0, 60))
        self.all.order(name, symbol, side, lots, long, offset, self.draw.choice(TIMES))

    def _amend(self) -> None:
        name, symbol, _, lots, _ = self._someone()
        self.all.amend(name, symbol, lots, int(self.draw.gauss(0, 60)))

    def _conditional(self) -> None:
        name, symbol, side, lots, long = self._someone()
        close = self.draw.random() < 0.3
        offset = int(self.draw.gauss(0, 150))
        self.all.conditional(name, symbol, side, self.draw.choice(KINDS), lots, long, offset, close)

    def _price(self) -> None:
        offset = int(self.draw.gauss(0, 50))
        self._moves_by(offset, self.draw.randrange(1, 4))

    def _jump(self) -> None:
        self._moves_by(self.draw.randrange(-900, 900), self.draw.randrange(4, 12))

    def _moves_by(self, offset: int, repeat: int) -> None:
        _, symbol, side, lots, _ = self._someone()
        self.all.price_moves(symbol, offset, lots, side == "BUY", repeat=repeat)

    def _funding(self) -> None:
        self.all.funding(self.draw.choice(SYMBOLS))

    def _cancel(self) -> None:
        name, symbol, *_ = self._someone()
        self.all.cancel_all(name, symbol)

    def _modes(self) -> None:
        """Mostly after going flat; sometimes at once, to be refused."""
        name, symbol, *_ = self._someone()
        if self.draw.random() < 0.7:
            self.all.go_flat(name)
        self.all.position_mode(name, self.draw.random() < 0.6)
        self.all.margin_type(name, symbol, self.draw.random() < 0.6)

    def _margin(self) -> None:
        name, symbol, side, _, long = self._someone()
        cents = int(1_000_000 ** self.draw.random()) + 1
        self.all.adjust_margin(name, symbol, cents, long, side == "BUY")

    def _leverage(self) -> None:
        name, symbol, *_ = self._someone()
        self.all.leverage(name, symbol, self.draw.randrange(1, 126))

    def _feed_the_poor(self) -> None:
        """Who was liquidated comes back, or nothing would happen any more."""
        for name in ACCOUNTS:
            if self.all.account(name).record.wallet < POOR and self.draw.random() < 0.1:
                self.all.deposit(name, self.draw.randrange(2_000, 20_000))


def walk(seed: int, steps: int) -> Walk:
    """Walk the seed's way; an AssertionError names the step that broke a book."""
    one = Walk(seed)
    for number in range(steps):
        try:
            one.step()
        except AssertionError as broken:
            raise AssertionError(f"seed {seed}, step {number}: {broken}") from broken
    return one


def line(name: str, value: object, unit: str, limit: object = None) -> None:
    print(json.dumps({"name": f"paper_invariants.{name}", "value": value, "unit": unit, "limit": limit}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--steps", type=int, default=4_000)
    arguments = parser.parse_args()
    started = time.monotonic()
    done: Counter[str] = Counter()
    refusals: Counter[int] = Counter()
    fills, repeated = 0, True
    for seed in range(1, arguments.seeds + 1):
        one = walk(seed, arguments.steps)
        repeated = repeated and walk(seed, arguments.steps).fingerprint() == one.fingerprint()
        done += one.all.done
        refusals += one.all.refusals
        fills += len(one.all.venue.books.fills)
    share = arguments.seeds * arguments.steps / 24_000
    line("steps", arguments.seeds * arguments.steps, "steps", 24_000)
    line("seconds", round(time.monotonic() - started, 1), "s")
    line("fills", fills, "fills")
    for name in sorted({*done, "negative wallet steps"}):
        line(name.replace(" ", "_"), done[name], "times", LEAST.get(name))
    line("refusals", {str(code): count for code, count in sorted(refusals.items())}, "times per code")
    line("repeatable", repeated, "same outcome twice", True)
    enough = all(done[name] >= least * share for name, least in LEAST.items())
    return 0 if enough and repeated else 1


if __name__ == "__main__":
    raise SystemExit(main())
