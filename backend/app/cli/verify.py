"""`stackalpha verify`: our books against the venue's ledger, as a table, and the audit log against its hashes; fails on
any difference."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from app.bootstrap.audit import open_audit
from app.core.config import Settings
from app.domain.venue import VenueUnavailableError
from app.services.audit_chains import ChainAudit
from app.services.trading.audit import WalletAudit

COLUMNS = (
    "wallet",
    "trades",
    "realised",
    "fees",
    "funding",
    "our net",
    "venue's net",
    "difference",
    "faults",
)
NARROWEST = 110  # characters; a narrower screen folds the lines rather than the figures


async def verify(settings: Settings, console: Console | None = None) -> int:
    """Print one row per active wallet; 0 when every figure agrees within 1e-8, every count is zero and the audit log is
    as it was written."""
    screen = console or Console()
    screen.width = max(screen.width, NARROWEST)
    async with open_audit(settings) as audit:
        chains = await audit.chains()
        screen.print(chain_sentence(chains), markup=False, soft_wrap=True)
        try:
            rows = await audit.run()
        except VenueUnavailableError as error:
            screen.print(f"The venue cannot be read, so no wallet is verified: {error}", markup=False)
            return 1
    return max(_told(rows, screen), 1 if chains.broken else 0)


def chain_sentence(chains: ChainAudit) -> str:
    """What became of the audit log, naming every entry from which on it is not what was written."""
    if not chains.broken:
        return f"The audit log of {chains.users} users is as it was written."
    found = ", ".join(f"user {one.user_id} from entry {one.entry_id} on" for one in chains.broken)
    return f"The audit log was changed: {found}."


def _told(rows: Sequence[tuple[str, WalletAudit]], screen: Console) -> int:
    screen.print(audit_table(rows))
    unsound = [name for name, audited in rows if not audited.is_sound]
    if unsound:
        screen.print(f"Books and venue differ: {', '.join(unsound)}.", markup=False)
        return 1
    screen.print(f"Books and venue agree for {len(rows)} wallets.", markup=False)
    return 0


def audit_table(rows: Sequence[tuple[str, WalletAudit]]) -> Table:
    """The audits as a table; `faults` names every count that is not zero."""
    table = Table(title="Our fills against the venue's ledger")
    for name in COLUMNS:
        table.add_column(
            name, justify="left" if name in {"wallet", "faults"} else "right", no_wrap=name != "faults"
        )
    for name, audited in rows:
        ours = audited.ours
        table.add_row(
            name,
            str(audited.closed_trades),
            *(f"{amount:.2f}" for amount in (ours.realized_pnl, ours.fees, ours.funding)),
            *(f"{amount:.8f}" for amount in (ours.net, audited.venue.net, audited.difference)),
            _faults(audited),
            style=None if audited.is_sound else "bold red",
        )
    return table


def _faults(audited: WalletAudit) -> str:
    counts = {
        "duplicate entries": audited.duplicate_entries,
        "lost fills": audited.lost_fills,
        "unknown orders": audited.unknown_orders,
        "unprotected positions": audited.unprotected_positions,
        "positions that differ from fills": audited.position_differences,
    }
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "none"
