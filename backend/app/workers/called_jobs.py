"""The jobs that are rung for, by the names that they are rung by: arq would name some by their whole path, and not find
them."""

from typing import Any, Final

from arq import func

from app.services import exports, reports

EXPORT_SECONDS: Final = 7200
REPORT_SECONDS: Final = 300

CALLED: Final[list[Any]] = [
    func("app.workers.account_jobs.run_export", name=exports.JOB, timeout=EXPORT_SECONDS, max_tries=5),
    func("app.workers.report_jobs.run_report", name=reports.JOB, timeout=REPORT_SECONDS, max_tries=5),
    func("app.workers.signal_jobs.compute_signals", name="compute_signals"),
]
