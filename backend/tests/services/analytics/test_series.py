"""The account's own line out of snapshots: a flow counts once, whenever in its slot the account was looked at."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.domain.snapshots import Resolution
from app.repositories.portfolio_snapshots import EquityColumns
from app.services.analytics.series import line_of_snapshots

NOON = datetime(2025, 10, 1, 12, tzinfo=UTC)
HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("minutes", "counted"),
    [
        (48, 0),  # the account was opened within its first slot: the snapshot holds the deposit
        (50, 0),
        (51, 500),
        (60, 500),
        (61, 0),  # behind the last snapshot
    ],
)
def test_flow_counts_after_the_account_was_looked_at(minutes: int, counted: int) -> None:
    """The first hourly snapshot was looked at fifty minutes into its slot, the second at its beginning."""
    first = round(NOON.timestamp() * 1000)
    columns = EquityColumns(
        at_ms=[first, first + HOUR_MS],
        equity=[500.0, 500.0],
        exposure=[0.0, 0.0],
        observed_ms=[first + 50 * 60_000, first + HOUR_MS],
    )
    flows = [(NOON + timedelta(minutes=minutes), Decimal(500))]
    assert line_of_snapshots(columns, flows, Resolution.HOUR).flows.tolist() == [0, counted]
