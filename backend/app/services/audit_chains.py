"""Whether the audit log still is what was written: each user's chain of hashes, from its first entry on."""

from dataclasses import dataclass
from uuid import UUID

from app.core.db import Database
from app.repositories.accounts import SystemAccountRepository
from app.repositories.audit import AuditRepository


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """`entry_id` is the first entry of the user's that does not fit the one before it: it was changed, or what stood
    between the two was taken out."""

    user_id: UUID
    entry_id: int


@dataclass(frozen=True, slots=True)
class ChainAudit:
    """How many users' chains were read, and those that are broken."""

    users: int
    broken: tuple[BrokenChain, ...]


async def verify_chains(system: Database, tenants: Database) -> ChainAudit:
    """Compute every chain anew. Entries taken off its end leave a chain that is whole."""
    async with system.system() as session:
        users = await SystemAccountRepository(session).ids()
    broken = []
    for user_id in users:
        async with tenants.tenant(user_id) as session:
            entry = await AuditRepository(session).first_broken(user_id)
        if entry is not None:
            broken.append(BrokenChain(user_id, entry))
    return ChainAudit(len(users), tuple(broken))
