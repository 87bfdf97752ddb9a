"""The venue as its callers see it: every command and every query, with `now` in market milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from paper_exchange.engine import margin, settings
from paper_exchange.engine.accounts import Account, AccountRecord, Position
from paper_exchange.engine.amending import AmendRequest, amend
from paper_exchange.engine.changes import Changes, Deposit
from paper_exchange.engine.deleveraging import Deleveraging
from paper_exchange.engine.events import (
    BalanceChanged,
    BarClosed,
    BookChanged,
    Event,
    TradePrinted,
    UpdateReason,
)
from paper_exchange.engine.funding import settle_funding
from paper_exchange.engine.liquidation import liquidate_under_water
from paper_exchange.engine.market import INTEREST_EVERY_MS, InterestPoint, Market
from paper_exchange.engine.matching import match_makers
from paper_exchange.engine.money import ZERO, money
from paper_exchange.engine.orders import (
    Conditional,
    ConditionalRequest,
    IncomeType,
    Order,
    OrderRequest,
)
from paper_exchange.engine.overdue import end_overdue, set_countdown
from paper_exchange.engine.placement import cancel, place, rehearse
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.engine.state import State
from paper_exchange.engine.triggering import (
    await_trigger,
    cancel_conditional,
    fire_reached,
    place_conditional,
)


@dataclass(frozen=True, slots=True)
class Tick:
    """One trade of the feed; price in ticks, quantity in steps (0 when only mark and index moved).

    Mark and index (USDT) are given where a real venue is followed, and None where they are derived from the trades.
    """

    symbol: str
    price: int
    quantity: int
    taker_bought: bool
    mark: Decimal | None = None
    index: Decimal | None = None


class Exchange:
    """One writer: callers take turns, nothing here waits."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.deleveraging = Deleveraging(state)

    @property
    def markets(self) -> dict[str, Market]:
        return self.state.markets

    def listen(self, sink: Callable[[Event], None]) -> None:
        """Send every event to `sink`, at once and in order."""
        self.state.emit = sink

    def take_changes(self) -> Changes:
        return self.state.take_changes()

    # Accounts

    def open_account(self, account_id: str, api_key: str, api_secret: str, now: int) -> Account:
        """The account of that id, opened with an empty wallet (and these keys) if there was none."""
        found = self.state.accounts.get(account_id)
        if found is not None:
            return found
        account = Account(AccountRecord(account_id, api_key, api_secret, updated_ms=now))
        self.state.add_account(account)
        self.state.changes.accounts[account_id] = account.record
        return account

    def account(self, account_id: str) -> Account:
        found = self.state.accounts.get(account_id)
        if found is None:
            raise VenueError(Refusal.NO_SUCH_ACCOUNT, account_id)
        return found

    def deposit(self, account_id: str, amount: Decimal, reference: str, now: int) -> Account:
        """Credit USDT once per reference; the same reference with other figures is refused."""
        _check_amount(amount)
        return self._transfer(account_id, money(amount), reference, UpdateReason.DEPOSIT, now)

    def withdraw(self, account_id: str, amount: Decimal, reference: str, now: int) -> Account:
        """Debit USDT once per reference: at most what no position or order holds as margin, nor owes to
        gains that are not realised."""
        _check_amount(amount)
        held = money(amount)
        if reference not in self.state.deposits:
            found = self.summary(self.account(account_id))
            if held > min(found.available, found.wallet):
                raise VenueError(Refusal.MARGIN_INSUFFICIENT)
        return self._transfer(account_id, -held, reference, UpdateReason.WITHDRAW, now)

    def _transfer(
        self, account_id: str, signed: Decimal, reference: str, reason: UpdateReason, now: int
    ) -> Account:
        account = self.account(account_id)
        made = Deposit(reference, account_id, f"{signed:f}")
        earlier = self.state.deposits.get(reference)
        if earlier is not None:
            if earlier != made:
                raise VenueError(Refusal.REFERENCE_REUSED, reference)
            return account
        self.state.deposits[reference] = made
        self.state.changes.deposits.append(made)
        account.record.deposits += signed
        self.state.book(account, IncomeType.TRANSFER, signed, now)
        self.state.emit(BalanceChanged(account, reason, now, (), signed))
        return account

    def summary(self, account: Account) -> margin.MarginSummary:
        return margin.summary(self.state, account)

    def liquidation_price(self, account: Account, position: Position) -> Decimal | None:
        return margin.liquidation_price(self.state, account, position)

    def set_leverage(self, account: Account, symbol: str, leverage: int, now: int) -> None:
        settings.set_leverage(self.state, account, symbol, leverage, now)

    def set_margin_type(self, account: Account, symbol: str, margin_type: str | None, now: int) -> None:
        settings.set_margin_type(self.state, account, symbol, margin_type, now)

    def set_hedge_mode(self, account: Account, hedged: bool, now: int) -> None:
        settings.set_hedge_mode(self.state, account, hedged, now)

    def set_fee_burn(self, account: Account, burn: bool, now: int) -> None:
        settings.set_fee_burn(self.state, account, burn, now)

    def set_multi_assets(self, multi_assets: bool) -> None:
        settings.set_multi_assets(multi_assets)

    def adjust_margin(self, account: Account, request: settings.MarginRequest, now: int) -> None:
        settings.adjust_margin(self.state, account, request, now)

    # Orders

    def place(self, account: Account, request: OrderRequest, now: int) -> Order:
        return place(self.state, account, request, now)

    def rehearse(self, account: Account, request: OrderRequest, now: int) -> Order:
        """Every check of a new order without placing it."""
        return rehearse(self.state, account, request, now)

    def amend(self, account: Account, request: AmendRequest, now: int) -> Order:
        return amend(self.state, account, request, now)

    def set_countdown(self, account: Account, symbol: str, until_ms: int | None) -> None:
        """Cancel the symbol's orders at that wall-clock moment; None calls it off."""
        self.state.market(symbol)
        set_countdown(self.state, account, symbol, until_ms)

    def end_overdue(self, wall_ms: int, now: int) -> None:
        """End whatever had its deadline by now; called often."""
        end_overdue(self.state, wall_ms, now)

    def cancel(self, account: Account, symbol: str, order: Order | None, now: int) -> Order:
        self.state.market(symbol)
        if order is None or order.symbol != symbol:
            raise VenueError(Refusal.UNKNOWN_ORDER)
        return cancel(self.state, account, order, now)

    def cancel_all(self, account: Account, symbol: str, now: int) -> None:
        self.state.market(symbol)
        for order in account.orders_on(symbol):
            cancel(self.state, account, order, now)

    def place_conditional(self, account: Account, request: ConditionalRequest, now: int) -> Conditional:
        return place_conditional(self.state, account, request, now)

    def cancel_conditional(self, account: Account, conditional: Conditional | None, now: int) -> Conditional:
        if conditional is None:
            raise VenueError(Refusal.UNKNOWN_ORDER)
        return cancel_conditional(self.state, account, conditional, now)

    def cancel_all_conditionals(self, account: Account, symbol: str, now: int) -> None:
        self.state.market(symbol)
        for conditional in list(account.live_conditionals.values()):
            if conditional.symbol == symbol and conditional.is_waiting:
                cancel_conditional(self.state, account, conditional, now)

    # Market

    def advance(self, now: int, ticks: Iterable[Tick]) -> None:
        """One step of the feed: all contracts move first, then orders, stops, funding and
        liquidations follow.
        """
        moved = [self._move(now, tick) for tick in ticks]
        for market in moved:
            match_makers(self.state, market, now)
            fire_reached(self.state, market, now)
        for market in moved:
            settle_funding(self.state, market, now)
        liquidate_under_water(self.state, now)

    def open_interest(self, symbol: str) -> Decimal:
        """What the accounts hold of a contract, long and short added up (base units, >= 0)."""
        holders = self.state.holders.get(symbol, {}).values()
        return sum((abs(one.amount) for account in holders for one in account.held_on(symbol)), ZERO)

    def close_bars(self, now: int) -> None:
        """Close every bar that is over at `now`."""
        for market in self.state.markets.values():
            self._roll(market, now)

    def _roll(self, market: Market, now: int) -> None:
        for interval_ms, bar in market.roll(now):
            self.state.changes.bars.append((market.symbol, interval_ms, bar))
            self.state.changes.markets.add(market.symbol)
            self.state.emit(BarClosed(market, interval_ms, bar, now))
            self._sample_interest(market, bar.open_ms + interval_ms)

    def _sample_interest(self, market: Market, time_ms: int) -> None:
        kept = market.interest
        if not time_ms % INTEREST_EVERY_MS and not (kept and kept[-1].time_ms >= time_ms):
            kept.append(InterestPoint(time_ms, self.open_interest(market.symbol), market.mark))

    def _move(self, now: int, tick: Tick) -> Market:
        market = self.state.markets[tick.symbol]
        self._roll(market, now)
        if tick.mark is not None and tick.index is not None:
            market.follow(tick.mark, tick.index)
        trade = market.move(now, tick.price, tick.quantity, tick.taker_bought)
        self.state.changes.markets.add(market.symbol)
        if trade.quantity:
            self.state.emit(TradePrinted(market, trade, from_feed=True))
        self.state.emit(BookChanged(market, now))
        return market

    # Restoring

    def restore_order(self, order: Order) -> None:
        """Put back an order that was open when the journal was closed, with the queue position it had."""
        account = self.account(order.account)
        account.admit_order(order)
        market = self.state.market(order.symbol)
        market.resting(order.side).add(market.contract.ticks(order.price), order)
        if order.good_till_ms is not None:
            self.state.agenda.orders.add(order.good_till_ms, account.id, order.id)

    def restore_conditional(self, conditional: Conditional) -> None:
        account = self.account(conditional.account)
        account.admit_conditional(conditional)
        if conditional.is_waiting:
            await_trigger(self.state, self.state.market(conditional.symbol), conditional)

    def restore_position(self, position: Position) -> None:
        account = self.account(position.account)
        account.positions[position.key] = position
        if position.amount:
            self.state.holders.setdefault(position.symbol, {})[account.id] = account


def _check_amount(amount: Decimal) -> None:
    if not amount.is_finite() or money(amount) <= 0:
        raise VenueError(Refusal.BAD_AMOUNT, amount)
