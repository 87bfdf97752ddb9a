"""What the worker of background jobs knows."""

from app.services import exports, reports
from app.workers.called_jobs import CALLED


def test_every_job_that_is_rung_for_is_known_by_the_name_that_it_is_rung_by() -> None:
    assert {job.name for job in CALLED} == {exports.JOB, reports.JOB, "compute_signals"}
