"""`stackalpha verify`: our books against the venue's ledger, as a table; fails on any difference."""

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from app.bootstrap.audit import open_audit
from app.core.config import Settings
from app.domain.venue import VenueUnavailableError
from app.services.trading.audit import WalletAudit

COLUMNS = (
    "wallet",
    "closed trades",
    "realised P&L",
    "fees",
    "funding",
    "net",
    "venue's net",
    "difference",
    "duplicate",
    "lost",
    "unknown",
    "unprotected",
    "position ≠ fills",
)


async def verify(settings: Settings, console: Console | None = None) -> int:
    """Print one row per active wallet; 0 when every figure agrees within 1e-8 and every count is zero."""
    screen = console or Console()
    try:
        async with open_audit(settings) as audit:
            rows = await audit.run()
    except VenueUnavailableError as error:
        screen.print(f"The venue cannot be read, so nothing is verified: {error}", markup=False)
        return 1
    screen.print(audit_table(rows))
    unsound = [name for name, audited in rows if not audited.is_sound]
    if unsound:
        screen.print(f"Books and venue differ: {', '.join(unsound)}.", markup=False)
        return 1
    screen.print(f"Books and venue agree for {len(rows)} wallets.", markup=False)
    return 0


def audit_table(rows: Sequence[tuple[str, WalletAudit]]) -> Table:
    """The audits as a table."""
    table = Table(*COLUMNS, title="Our fills against the venue's ledger")
    for name, audited in rows:
        counts = (
            audited.duplicate_entries,
            audited.lost_fills,
            audited.unknown_orders,
            audited.unprotected_positions,
            audited.position_differences,
        )
        table.add_row(
            name,
            str(audited.closed_trades),
            *(
                _money(amount)
                for amount in (
                    audited.ours.realized_pnl,
                    audited.ours.fees,
                    audited.ours.funding,
                    audited.ours.net,
                    audited.venue.net,
                    audited.difference,
                )
            ),
            *(str(count) for count in counts),
            style=None if audited.is_sound else "bold red",
        )
    return table


def _money(amount: Decimal) -> str:
    return f"{amount:.8f}"
