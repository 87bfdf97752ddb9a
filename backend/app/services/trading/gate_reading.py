"""What the gate reads before it asks the rules: a signal's market, and every user's picture."""

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from app.core.clock import utc_now
from app.core.lean_transactions import LeanTransactions
from app.models.signal import Signal
from app.repositories.gate_rows import GateRows
from app.services.trading.correlations import CorrelationBook
from app.services.trading.holdings import marked_pairs
from app.services.trading.markets import MarketView
from app.services.trading.proposals import SignalMarket
from app.services.trading.risk_picture import RiskPicture


class GateReading:
    """Markets and correlations, as the gate's facts need them."""

    def __init__(self, connections: LeanTransactions, markets: MarketView) -> None:
        self.markets = markets
        self._correlations = CorrelationBook(connections)

    async def refresh(self) -> None:
        """Read correlations and volatilities again where they are old."""
        await self._correlations.refresh()

    def daily_volatility(self, venue: str, symbol: str) -> Decimal | None:
        """Standard deviation of the symbol's daily returns, a fraction, as last read; None where not known."""
        return self._correlations.daily_volatility(venue, symbol)

    async def market_of(self, signal: Signal) -> SignalMarket:
        """The market that a signal is about, as it stands now."""
        quote = await self.markets.quote(signal.venue, signal.symbol)
        instrument = await self.markets.instrument(signal.venue, signal.symbol)
        volatility = self.daily_volatility(signal.venue, signal.symbol)
        dollar = await self.markets.quote_usd_price(signal.venue, signal.symbol)
        return SignalMarket(signal, quote, instrument, utc_now(), volatility, dollar)

    async def pictures(
        self,
        rows: GateRows,
        market: SignalMarket,
        without_trade: UUID | None = None,
        added_to: UUID | None = None,
        symbols: Collection[str] = (),
    ) -> dict[UUID, RiskPicture]:
        """The picture of each user, without the trade that is asked about again, or with the one that is added to
        as it is held; `symbols` are those that are asked about, where it is not the market's alone."""
        marked = await self.markets.marked(marked_pairs(rows.users, symbols or [market.signal.symbol]))
        return {
            user.id: RiskPicture(
                user,
                platform=rows.platform,
                markets=marked,
                now=market.now,
                market_time=market.market_time,
                correlations=self._correlations.correlation,
                without_trade=without_trade,
                added_to=added_to,
                calendars=rows.calendars,
            )
            for user in rows.users
        }
