"""arq's worker: which jobs there are, when the periodic ones run, and JSON on both sides."""

from typing import Any, ClassVar

from arq import cron
from arq.connections import RedisSettings

from app.bootstrap.market import QUEUE, MarketParts, decode_job, encode_job, redis_settings
from app.core.config import get_settings
from app.workers.called_jobs import CALLED
from app.workers.signal_jobs import Context

JOB_SECONDS = 30
EVERY_FIVE_SECONDS = set(range(0, 60, 5))
EVERY_TEN_SECONDS = set(range(3, 60, 10))
EVERY_FIVE_MINUTES = set(range(0, 60, 5))
EVERY_THIRTY_SECONDS = {20, 50}
EVERY_TWO_SECONDS = set(range(0, 60, 2))


async def startup(context: Context) -> None:
    """Build what the jobs use."""
    parts = context["parts"] = MarketParts.build(get_settings())
    context["pulse"] = parts.pulsing("jobs")
    await context["pulse"].__aenter__()


async def shutdown(context: Context) -> None:
    """Stop telling, and let go of everything."""
    await context["pulse"].__aexit__(None, None, None)
    await context["parts"].close()


class WorkerSettings:
    """Read by arq. A job that is killed runs again; each does no harm when run twice."""

    functions: ClassVar[list[Any]] = CALLED
    cron_jobs: ClassVar[list[Any]] = [
        cron("app.workers.signal_jobs.sweep_signals", second=EVERY_FIVE_SECONDS, keep_result=0),
        cron("app.workers.signal_jobs.keep_house", minute=7, second=30, run_at_startup=True, keep_result=0),
        cron("app.workers.risk_jobs.apply_loosenings", second=5, run_at_startup=True, keep_result=0),
        cron(
            "app.workers.risk_jobs.refresh_symbol_statistics",
            minute=EVERY_FIVE_MINUTES,
            second=40,
            run_at_startup=True,
            keep_result=0,
        ),
        cron(
            "app.workers.schedule_jobs.refresh_calendars",
            minute={11, 41},
            second=25,
            run_at_startup=True,
            keep_result=0,
        ),
        cron("app.workers.schedule_jobs.mind_schedules", second=EVERY_TEN_SECONDS, keep_result=0),
        cron("app.workers.schedule_jobs.mind_funding", second=EVERY_TEN_SECONDS, keep_result=0),
        cron("app.workers.risk_jobs.resolve_counterfactuals", second={20, 50}, keep_result=0),
        cron(
            "app.workers.health_jobs.refresh_position_health",
            second=EVERY_THIRTY_SECONDS,
            run_at_startup=True,
            keep_result=0,
        ),
        cron("app.workers.risk_jobs.find_excursions", second={5, 35}, keep_result=0),
        cron("app.workers.health_jobs.watch_platform", second={15, 45}, keep_result=0),
        cron("app.workers.portfolio_snapshots.take_snapshots", second=5, keep_result=0),
        cron(
            "app.workers.portfolio_snapshots.rebuild_missed_snapshots",
            minute=EVERY_FIVE_MINUTES,
            second=25,
            keep_result=0,
        ),
        cron(
            "app.workers.portfolio_snapshots.keep_snapshots",
            minute=11,
            second=30,
            run_at_startup=True,
            keep_result=0,
        ),
        cron(
            "app.workers.health_jobs.watch_activity",
            minute={1, 11},  # again: the first may have been lost
            second=10,
            run_at_startup=True,
            keep_result=0,
        ),
        cron(
            "app.workers.health_jobs.tell_daily_summaries",
            minute=EVERY_FIVE_MINUTES,
            second=25,
            keep_result=0,
        ),
        cron("app.workers.account_jobs.sweep_exports", second={10, 40}, keep_result=0),
        cron("app.workers.report_jobs.sweep_reports", second={15, 45}, keep_result=0),
        cron("app.workers.account_jobs.apply_accounts", second=25, keep_result=0),
        cron("app.workers.signal_jobs.beat", second=EVERY_TWO_SECONDS, keep_result=0),
    ]
    on_startup = startup
    on_shutdown = shutdown
    queue_name = QUEUE
    poll_delay = 0.005
    keep_result = 0
    max_jobs = 20
    max_tries = 3
    job_timeout = JOB_SECONDS
    handle_signals = True
    job_serializer = encode_job
    job_deserializer = decode_job
    redis_settings: ClassVar[RedisSettings] = redis_settings(get_settings().redis_url)
