"""The audit's composition: our books by the worker's role, the venue by ccxt alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.bootstrap.exchange import build_gateways
from app.core.config import DatabaseRole, Settings, role_database_url
from app.core.db import Database
from app.repositories.trading_accounts import SystemTradingAccountRepository
from app.services.audit_chains import ChainAudit, verify_chains
from app.services.ports import ExchangeGateways
from app.services.trading.audit import WalletAudit, verify_wallet


@dataclass(frozen=True, slots=True)
class Audit:
    """Verifies every active wallet of this deployment, and the audit log."""

    settings: Settings
    worker: Database
    system: Database
    gateways: ExchangeGateways

    async def run(self) -> list[tuple[str, WalletAudit]]:
        """(wallet's name, its audit), ordered by user and wallet."""
        async with self.system.system() as session:
            repository = SystemTradingAccountRepository(session)
            accounts, names = await repository.all(), await repository.names()
        return [
            (
                names[account.wallet_id],
                await verify_wallet(self.worker, self.gateways, account, self.settings.deployment),
            )
            for account in accounts
        ]

    async def chains(self) -> ChainAudit:
        """Every user's chain of the audit log."""
        return await verify_chains(self.system, self.worker)


@asynccontextmanager
async def open_audit(settings: Settings) -> AsyncIterator[Audit]:
    """An audit over the real gateways; without Redis, so that it needs nothing but books and venue."""
    worker = Database(role_database_url(settings, DatabaseRole.WORKER), connections=10)
    system = Database(role_database_url(settings, DatabaseRole.SYSTEM), connections=10)
    gateways = build_gateways(settings, worker, None)
    try:
        yield Audit(settings, worker, system, gateways)
    finally:
        await gateways.close()
        await worker.close()
        await system.close()
