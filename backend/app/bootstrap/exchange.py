"""Joins the order core with the venues: gateways that open their own keys, and the market reader."""

from redis.asyncio import Redis

from app.adapters.exchange.ccxt_instances import MarketCache
from app.adapters.exchange.gateways import GatewayPool
from app.adapters.exchange.market_reader import CcxtMarketReader
from app.adapters.exchange.paper_admin import PaperAdmin
from app.core.clock import utc_now
from app.core.config import Settings, key_ring
from app.core.crypto import KeyVault
from app.core.db import Database
from app.domain.venue import AccountKey, VenueUnavailableError
from app.repositories.wallet_keys import WalletKeyRepository


def key_vault(settings: Settings) -> KeyVault:
    """The vault of exchange keys."""
    return KeyVault(key_ring(settings))


def build_gateways(settings: Settings, database: Database, redis: Redis | None) -> GatewayPool:
    """Gateways whose keys are read as the wallet's own user and opened when an account first connects."""
    vault = key_vault(settings)

    async def credentials(key: AccountKey) -> tuple[str, str]:
        async with database.tenant(key.user_id) as session:
            sealed = await WalletKeyRepository(session).sealed(key.user_id, key.wallet_id)
        if sealed is None:
            raise VenueUnavailableError(f"Wallet {key.wallet_id} has no keys.")
        return vault.open(key.user_id, key.wallet_id, sealed)

    return GatewayPool(
        credentials,
        settings.paper_url,
        redis,
        utc_now,
        markets=MarketCache(),
        paper_weight=settings.paper_weight_per_minute,
        egress=settings.egress_addresses,
    )


def build_market_reader(settings: Settings, redis: Redis | None) -> CcxtMarketReader:
    """Instruments, prices and closed candles."""
    return CcxtMarketReader(
        settings.paper_url,
        redis,
        utc_now,
        fresh_seconds=min(settings.price_stale_seconds, 1.5),
        stale_seconds=settings.price_stale_seconds,
        markets=MarketCache(),
        paper_weight=settings.paper_weight_per_minute,
    )


def build_paper_admin(settings: Settings) -> PaperAdmin:
    """The operator's side of the paper exchange."""
    return PaperAdmin(settings.paper_url, settings.paper_token)
