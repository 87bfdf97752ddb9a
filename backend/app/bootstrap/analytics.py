"""Joins the questions of analytics with what answers them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.lean_reads import CompiledRead, LeanReading
from app.domain.types import Environment
from app.repositories.candles import SystemCandleRepository
from app.repositories.portfolio_snapshots import SnapshotRepository
from app.repositories.trade_excursions import TradeExcursionRepository
from app.repositories.trade_results import VERSION, TradeResultRepository
from app.repositories.wallets import WalletRepository
from app.services.analytics.answers import AnswerCache
from app.services.analytics.comparisons import TradeComparisons
from app.services.analytics.excursions import ExcursionDistribution
from app.services.analytics.portfolio import PortfolioAnalytics
from app.services.analytics.ranges import Chosen, check_range, wrong_environment
from app.services.analytics.risk_metrics import RiskMetrics
from app.services.analytics.sources import Asker, Sources
from app.services.analytics.trade_books import TradeBooks
from app.services.wallets import no_wallet

VERSION_READ = CompiledRead(VERSION)
VERSION_MOMENTS = (2, 5, 6)  # the parts of a version that are moments of market time


@dataclass(frozen=True, slots=True)
class Questions:
    """What can be asked within one request."""

    portfolio: PortfolioAnalytics
    comparisons: TradeComparisons
    risk: RiskMetrics
    excursions: ExcursionDistribution


class Analytics:
    """One per process: its books of trades and the answers that were given."""

    def __init__(self) -> None:
        self._books = TradeBooks(utc_now)
        self._answers = AnswerCache(utc_now)

    async def known(
        self, reading: LeanReading, asker: Asker, chosen: Chosen, question: tuple[object, ...]
    ) -> bytes | None:
        """An answer that was given, where nothing has changed since; None where `answer` is to be asked."""
        scope = chosen.wallet_id or asker.user_id
        values = {"user": asker.user_id, "scope": scope, "environment": chosen.environment.value}
        row = await reading.one(VERSION_READ, values)
        version = () if row is None else tuple(row)
        if not version or (chosen.wallet_id is not None and version[-1] != chosen.environment.value):
            return None
        _check_range(chosen, version)
        return self._answers.get((asker, chosen, question, version))

    async def answer(
        self,
        session: AsyncSession,
        asker: Asker,
        chosen: Chosen,
        question: tuple[object, ...],
        ask: Callable[[Questions], Awaitable[object]],
    ) -> bytes:
        """The answer as JSON, which is kept. Raises InvalidInputError for a range that means nothing, NotFoundError
        for a wallet that is not the asker's."""
        await _check_wallet(session, asker, chosen)
        results = TradeResultRepository(session)
        scope = chosen.wallet_id or asker.user_id
        version = await results.version(asker.user_id, scope, chosen.environment.value)
        _check_range(chosen, version)
        view = await ask(self._questions(session, asker, version))
        answer = msgspec.json.encode(view)
        self._answers.put((asker, chosen, question, version), answer)
        return answer

    async def questions(self, session: AsyncSession, asker: Asker, chosen: Chosen) -> Questions:
        """What can be asked about `chosen`, answered anew; for who asks everything once."""
        scope = chosen.wallet_id or asker.user_id
        results = TradeResultRepository(session)
        version = await results.version(asker.user_id, scope, chosen.environment.value)
        return self._questions(session, asker, version)

    def _questions(self, session: AsyncSession, asker: Asker, version: tuple[object, ...]) -> Questions:
        results = TradeResultRepository(session)
        sources = Sources(SnapshotRepository(session), results, self._books, asker, version)
        risk = RiskMetrics(sources, SystemCandleRepository(session))
        excursions = ExcursionDistribution(sources, TradeExcursionRepository(session))
        return Questions(PortfolioAnalytics(sources), TradeComparisons(sources), risk, excursions)


def _check_range(chosen: Chosen, version: tuple[object, ...]) -> None:
    moments = [at for place in VERSION_MOMENTS if isinstance(at := version[place], datetime)]
    check_range(chosen.begin, chosen.end, max([utc_now(), *moments]))


async def _check_wallet(session: AsyncSession, asker: Asker, chosen: Chosen) -> None:
    if chosen.wallet_id is None:
        return
    records = await WalletRepository(session).records(asker.user_id, chosen.wallet_id)
    if not records:
        raise no_wallet(chosen.wallet_id)
    wallet = records[0].wallet
    if Environment(wallet.environment) is not chosen.environment:
        raise wrong_environment(wallet.name, wallet.environment)
