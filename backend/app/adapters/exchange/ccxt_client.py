"""One account at one venue, spoken to through pinned ccxt."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

import ccxt
import structlog

from app.adapters.exchange import dialect
from app.adapters.exchange.call_log import CALLS
from app.adapters.exchange.ccxt_instances import Ccxt
from app.adapters.exchange.error_map import (
    KEY_REFUSED,
    LEVERAGE_REFUSED,
    TIMESTAMP_REFUSED,
    UNKNOWN_ORDER,
    outcome_of_item,
    outcome_of_order,
    read_error,
)
from app.adapters.exchange.history_pages import every_fill, every_posting
from app.adapters.exchange.limiter import PATIENCE_SECONDS, Priority, WeightLimiter
from app.adapters.exchange.order_rate import OrderRate
from app.adapters.exchange.reading import UNREADABLE, Answer, every, is_spoilt, told, understood
from app.adapters.exchange.real_money import tell_real_money
from app.adapters.exchange.streams import AccountStream
from app.adapters.exchange.venue_clock import VenueClock
from app.adapters.exchange.venues import VenueProfile
from app.domain.limits import ApprovedOrder
from app.domain.symbols import venue_symbol
from app.domain.venue import (
    ORDERS_A_REQUEST,
    Accepted,
    AccountBalance,
    AccountHint,
    BudgetSpentError,
    KeyRefusedError,
    LedgerEntry,
    LeverageRefusedError,
    OrderTicket,
    PlaceOutcome,
    Refused,
    Unknown,
    VenueFill,
    VenueOrder,
    VenuePosition,
    VenueUnavailableError,
)

log = structlog.get_logger(__name__)
PAGE = 1000
TRADES_WEIGHT = 5
BATCH_WEIGHT = 5
TIMED = ("timestamp", "recvWindow")
# No stop waits longer for a slow venue's time: its refusal is written, and it is signed anew.
CLOCK_SECONDS = 1.0


class CcxtGateway:
    """Satisfies `services.ports.ExchangeGateway` for Binance's USD-M dialect."""

    def __init__(
        self,
        profile: VenueProfile,
        client: Ccxt,
        limiter: WeightLimiter,
        stream: AccountStream,
        clock: VenueClock,
        rate: OrderRate,
        *,
        page: int = PAGE,
    ) -> None:
        self._profile = profile
        self._client = client
        self._limiter = limiter
        self._stream = stream
        self._clock = clock
        self._rate = rate
        self._page = page
        self._advance: tuple[int, int] = (0, 0)  # the minute, and the weight that was paid for in advance

    async def admit_entry(self) -> float | None:
        """Set aside what an entry's trades will cost, so that its stop never waits for the budget."""
        try:
            await self._pay(TRADES_WEIGHT, Priority.ENTRY, 0.0)
        except BudgetSpentError as error:
            return error.seconds
        return None

    async def admit_comparison(self, weight: int) -> None:
        """Set aside what a comparison will cost: one that could not be ended has cost as much and tells nothing."""
        await self._pay(weight, Priority.RECONCILE, PATIENCE_SECONDS)

    async def _pay(self, weight: int, priority: Priority, patience: float) -> None:
        await self._limiter.acquire(weight, priority, patience)
        minute, left = self._advance
        now = self._limiter.minute
        self._advance = (now, weight + (left if minute == now else 0))

    def _draw(self, weight: int) -> int:
        """What is still to be paid of a request of that weight; what was paid in another minute is void."""
        minute, left = self._advance
        if minute != self._limiter.minute or left < weight:
            return weight
        self._advance = (minute, left - weight)
        return 0

    async def place_entry(self, order: ApprovedOrder, ticket: OrderTicket) -> PlaceOutcome:
        if order.intent.symbol != ticket.symbol or ticket.quantity > order.intent.size.sent_quantity:
            raise ValueError(f"{ticket.symbol} {ticket.quantity} is not what was approved")
        return await self._place_plain(ticket, Priority.ENTRY, reduce_only=False)

    async def place_exit(self, ticket: OrderTicket) -> PlaceOutcome:
        return await self._place_plain(ticket, Priority.EXIT, reduce_only=True)

    async def place_exits(self, tickets: Sequence[OrderTicket]) -> Sequence[PlaceOutcome]:
        parts = [
            tickets[start : start + ORDERS_A_REQUEST] for start in range(0, len(tickets), ORDERS_A_REQUEST)
        ]
        answered = await asyncio.gather(*(self._place_batch(part) for part in parts))
        return [outcome for part in answered for outcome in part]

    async def place_protective(self, ticket: OrderTicket) -> PlaceOutcome:
        if ticket.trigger_price is None:
            raise ValueError("a protective stop needs a trigger price")
        tell_real_money(self._profile, ticket, "stop")
        params = self._signed(ticket) | {
            "algoType": "CONDITIONAL",
            "type": "STOP_MARKET",
            "triggerPrice": f"{ticket.trigger_price:f}",
            "clientAlgoId": ticket.client_order_id,
            "workingType": "MARK_PRICE",
            "reduceOnly": "true",
        }
        return await self._send(
            self._client.fapiPrivatePostAlgoOrder, params, Priority.EXIT, dialect.conditional_order
        )

    async def find_order(self, symbol: str, client_order_id: str, *, conditional: bool) -> VenueOrder | None:
        name = "clientAlgoId" if conditional else "origClientOrderId"
        params = {"symbol": venue_symbol(symbol), name: client_order_id}
        method = self._client.fapiPrivateGetAlgoOrder if conditional else self._client.fapiPrivateGetOrder
        row = await self._read(method, params, 1, Priority.EXIT, absent=UNKNOWN_ORDER)
        if row is None:
            return None
        return await self._with_triggered(row) if conditional else understood(row, dialect.order)

    async def order_by_venue_id(self, symbol: str, exchange_order_id: str) -> VenueOrder | None:
        params = {"symbol": venue_symbol(symbol), "orderId": exchange_order_id}
        row = await self._read(
            self._client.fapiPrivateGetOrder, params, 1, Priority.RECONCILE, absent=UNKNOWN_ORDER
        )
        return None if row is None else understood(row, dialect.order)

    async def cancel(self, symbol: str, client_order_id: str, *, conditional: bool) -> VenueOrder | None:
        name = "clientAlgoId" if conditional else "origClientOrderId"
        params = {"symbol": venue_symbol(symbol), name: client_order_id}
        client = self._client
        method = client.fapiPrivateDeleteAlgoOrder if conditional else client.fapiPrivateDeleteOrder
        # The transport may resend a DELETE, so "unknown order" proves nothing: read the order afterwards.
        await self._read(method, params, 1, Priority.EXIT, absent=UNKNOWN_ORDER)
        return await self.find_order(symbol, client_order_id, conditional=conditional)

    async def withdraw(self, symbol: str, client_order_id: str) -> bool:
        params = {"symbol": venue_symbol(symbol), "clientAlgoId": client_order_id}
        method = self._client.fapiPrivateDeleteAlgoOrder
        return await self._read(method, params, 1, Priority.EXIT, absent=UNKNOWN_ORDER) is not None

    async def open_orders(self, symbol: str | None) -> Sequence[VenueOrder]:
        params = {} if symbol is None else {"symbol": venue_symbol(symbol)}
        weight = 40 if symbol is None else 1
        client = self._client
        plain, conditional = await asyncio.gather(
            self._read(client.fapiPrivateGetOpenOrders, params, weight, Priority.RECONCILE),
            self._read(client.fapiPrivateGetOpenAlgoOrders, params, weight, Priority.RECONCILE),
        )
        return every(plain, dialect.order) + every(conditional, dialect.conditional_order)

    async def fills(
        self, symbol: str, *, since_id: str | None = None, exchange_order_id: str | None = None
    ) -> Sequence[VenueFill]:
        """Oldest first: all from `since_id` on, or all of one order, or with neither the newest page."""
        params: dict[str, object] = {"symbol": venue_symbol(symbol)}
        if exchange_order_id is not None:
            params["orderId"] = exchange_order_id
        elif since_id is not None:
            params["fromId"] = int(since_id)
        # An order's own trades stand between its fill and its protective stop: they never wait.
        priority = Priority.RECONCILE if exchange_order_id is None else Priority.EXIT

        async def ask(wanted: dict[str, object]) -> Answer:
            return await self._read(self._client.fapiPrivateGetUserTrades, wanted, TRADES_WEIGHT, priority)

        return await every_fill(ask, self._premium, params, self._page)

    async def _premium(self, symbol: str) -> Answer:
        params = {"symbol": symbol}
        return await self._read(self._client.fapiPublicGetPremiumIndex, params, 1, Priority.EXIT)

    async def positions(self, symbol: str | None) -> Sequence[VenuePosition]:
        params = {} if symbol is None else {"symbol": venue_symbol(symbol)}
        rows = await self._read(self._client.fapiPrivateV3GetPositionRisk, params, 5, Priority.RECONCILE)
        return [found for found in every(rows, dialect.position) if found.quantity > 0]

    async def balance(self) -> AccountBalance:
        row = await self._read(self._client.fapiPrivateV3GetAccount, {}, 5, Priority.RECONCILE)
        return understood(row, dialect.account_balance)

    async def ledger(self, since_ms: int | None) -> Sequence[LedgerEntry]:
        wanted: dict[str, object] = {"limit": self._page, "startTime": since_ms or 0}

        async def ask(params: dict[str, object]) -> Answer:
            return await self._read(self._client.fapiPrivateGetIncome, params, 30, Priority.RECONCILE)

        return await every_posting(ask, wanted, self._page)

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        params = {"symbol": venue_symbol(symbol), "leverage": leverage}
        method = self._client.fapiPrivatePostLeverage
        if await self._read(method, params, 1, Priority.ENTRY, absent=LEVERAGE_REFUSED) is None:
            raise LeverageRefusedError(f"The venue does not set a leverage of {leverage} for {symbol}.")

    async def refusal_of_account(self) -> str | None:
        mode = await self._read(self._client.fapiPrivateGetPositionSideDual, {}, 30, Priority.ENTRY)
        if str(mode.get("dualSidePosition")).lower() == "true":
            return "The account is in hedge mode; switch it to one-way mode first."
        assets = await self._read(self._client.fapiPrivateGetMultiAssetsMargin, {}, 30, Priority.ENTRY)
        if str(assets.get("multiAssetsMargin")).lower() != "false":
            return (
                "The account is in multi-assets mode, where its balance moves with the prices of other coins;"
                " switch it to single-asset mode first."
            )
        if not self._profile.reads_key_rights:
            return None
        rights = await self._read(self._client.sapiGetAccountApiRestrictions, {}, 1, Priority.ENTRY)
        if str(rights.get("enableWithdrawals")).lower() != "false":
            return "The key can withdraw, or its rights cannot be read; make one that can only trade."
        return None

    async def account_identity(self) -> str | None:
        """The venue's own id of the account, which all its keys share; None where the key may not read it."""
        row = await self._read(self._client.privateGetAccount, {}, 20, Priority.ENTRY)
        return str(row["uid"]) if row.get("uid") else None

    def hints(self) -> AsyncGenerator[AccountHint, None]:
        return self._stream.hints()

    async def close(self) -> None:
        await self._stream.close()
        await self._client.close()

    def _signed(self, ticket: OrderTicket) -> dict[str, object]:
        return {
            "symbol": venue_symbol(ticket.symbol),
            "side": ticket.side.value.upper(),
            "quantity": f"{ticket.quantity:f}",
            "timestamp": ticket.timestamp_ms + self._clock.correction_ms,
            "recvWindow": ticket.receive_window_ms,
        }

    async def _place_batch(self, tickets: Sequence[OrderTicket]) -> Sequence[PlaceOutcome]:
        """One request of at most `ORDERS_A_REQUEST` orders; it carries the time of the ticket that ends first."""
        if len(tickets) == 1:
            return [await self.place_exit(tickets[0])]
        first = min(tickets, key=lambda ticket: ticket.timestamp_ms + ticket.receive_window_ms)
        orders = []
        for ticket in tickets:
            tell_real_money(self._profile, ticket, "exit")
            order = self._plain(ticket, reduce_only=True)
            orders.append({name: value for name, value in order.items() if name not in TIMED})
        params = {name: self._signed(first)[name] for name in TIMED} | {"batchOrders": orders}
        for _ in tickets:
            await self._rate.acquire(is_exit=True)
        answer = await self._post(
            self._client.fapiPrivatePostBatchOrders, params, Priority.EXIT, BATCH_WEIGHT
        )
        if isinstance(answer, Refused | Unknown):
            return [answer] * len(tickets)
        if not isinstance(answer, list) or len(answer) != len(tickets):
            return [Unknown("the venue did not answer each order of a batch")] * len(tickets)
        return [
            outcome_of_item(row)
            if "orderId" not in row and "code" in row
            else self._accepted(row, dialect.order)
            for row in answer
        ]

    async def _place_plain(
        self, ticket: OrderTicket, priority: Priority, *, reduce_only: bool
    ) -> PlaceOutcome:
        tell_real_money(self._profile, ticket, "exit" if reduce_only else "entry")
        params = self._plain(ticket, reduce_only=reduce_only)
        return await self._send(self._client.fapiPrivatePostOrder, params, priority, dialect.order)

    def _plain(self, ticket: OrderTicket, *, reduce_only: bool) -> dict[str, object]:
        params = self._signed(ticket) | {
            "type": "MARKET" if ticket.limit_price is None else "LIMIT",
            "newClientOrderId": ticket.client_order_id,
            "newOrderRespType": "RESULT",
        }
        if ticket.limit_price is not None:
            params |= {"price": f"{ticket.limit_price:f}", "timeInForce": ticket.time_in_force.value}
        if reduce_only:
            params["reduceOnly"] = "true"
        return params

    async def _send(
        self,
        method: Callable[[dict[str, object]], Awaitable[Answer]],
        params: dict[str, object],
        priority: Priority,
        read: Callable[[dialect.Row], VenueOrder],
    ) -> PlaceOutcome:
        """Send once. Whatever is not a definite answer is Unknown."""
        await self._rate.acquire(is_exit=priority is Priority.EXIT)
        row = await self._post(method, params, priority, 0)
        return row if isinstance(row, Refused | Unknown) else self._accepted(row, read)

    async def _post(
        self,
        method: Callable[[dict[str, object]], Awaitable[Answer]],
        params: dict[str, object],
        priority: Priority,
        weight: int,
    ) -> Answer:
        """Send orders once; the answer, or what its absence proves."""
        try:
            async with self._limiter.request(weight, priority):
                with CALLS.timed(self._profile.id):
                    answer = await method(params)
        except (ccxt.BaseError, OSError, TimeoutError) as error:
            await self._note_limits(error)
            outcome = outcome_of_order(error)
            if isinstance(outcome, Refused) and outcome.code == str(TIMESTAMP_REFUSED):
                await self._set_clock()
            return outcome
        await self._note_limits(None)
        return Unknown("the venue's answer is spoilt") if is_spoilt(answer) else answer

    def _accepted(self, row: dialect.Row, read: Callable[[dialect.Row], VenueOrder]) -> PlaceOutcome:
        try:
            return Accepted(read(row), dialect.own_milliseconds(self._client.last_response_headers or {}))
        except UNREADABLE as error:
            return Unknown(f"the venue's answer cannot be read: {type(error).__name__}")

    async def _read(
        self,
        method: Callable[[dict[str, object]], Awaitable[Answer]],
        params: Mapping[str, object],
        weight: int,
        priority: Priority,
        absent: frozenset[int] = frozenset(),
    ) -> Answer:
        """Return the answer; None for a code in `absent`; raises `VenueUnavailableError` otherwise, and for an answer
        that is spoilt."""
        try:
            async with self._limiter.request(self._draw(weight), priority):
                self._client.options["timeDifference"] = -self._clock.correction_ms
                with CALLS.timed(self._profile.id):
                    answer = await method(dict(params))
        except (ccxt.BaseError, OSError, TimeoutError) as error:
            await self._note_limits(error)
            found = read_error(error)
            if found.code in absent:
                return None
            if found.code == TIMESTAMP_REFUSED:
                await self._set_clock()
            kind = KeyRefusedError if found.code in KEY_REFUSED else VenueUnavailableError
            raise kind(f"{type(error).__name__}: {found}") from None
        await self._note_limits(None)
        return told(answer)

    async def _with_triggered(self, row: dialect.Row) -> VenueOrder:
        plain_id = str(row.get("actualOrderId") or "")
        if not plain_id:
            return understood(row, dialect.conditional_order)
        params = {"symbol": row["symbol"], "orderId": plain_id}
        became = await self._read(
            self._client.fapiPrivateGetOrder, params, 1, Priority.EXIT, absent=UNKNOWN_ORDER
        )
        return understood(row, lambda shown: dialect.conditional_order(shown, became))

    async def _set_clock(self) -> None:
        """The venue says that its clock is not ours: what is signed next carries its time. Waits no longer than
        CLOCK_SECONDS; the measurement goes on without whoever asked."""
        try:
            async with asyncio.timeout(CLOCK_SECONDS):
                await self._clock.measure()
        except TimeoutError:
            log.warning("the venue's clock takes long to read", venue=self._profile.id)
        except VenueUnavailableError as error:
            log.warning("the venue's clock could not be read", venue=self._profile.id, error=str(error))

    async def _note_limits(self, error: BaseException | None) -> None:
        headers = self._client.last_response_headers or {}
        self._rate.note(headers)
        await self._limiter.note(headers, error)
