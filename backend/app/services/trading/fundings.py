"""The next funding among the facts of an entry, where somebody's schedule depends on it."""

from app.repositories.gate_rows import GateRows
from app.services.trading.markets import MarketView
from app.services.trading.proposals import SignalMarket
from app.services.trading.scheduled_hours import skips_fundings


def needs_funding(rows: GateRows) -> bool:
    """Whether any of these users has a schedule that depends on the next funding."""
    return any(skips_fundings(user.schedules) for user in rows.users)


async def with_funding(markets: MarketView, market: SignalMarket) -> SignalMarket:
    """Return the market with its next funding, None where the venue does not tell."""
    return market.with_funding(await markets.next_funding(*_asked(market)))


async def keep_funding(markets: MarketView, market: SignalMarket) -> None:
    """Renew the market's next funding where somebody's schedule asked about it before."""
    await markets.keep_funding(*_asked(market))


def _asked(market: SignalMarket) -> tuple[str, str, int]:
    return market.signal.venue, market.signal.symbol, int(market.market_time.timestamp() * 1000)
