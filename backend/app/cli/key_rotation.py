"""The operator's verb that rotates the key-encryption key while the platform runs."""

from app.bootstrap.account import sealed_totp_secrets
from app.bootstrap.exchange import key_vault
from app.cli.terminal import CommandError, out
from app.core.config import DatabaseRole, Settings, key_ring, role_database_url
from app.core.crypto import DecryptionError
from app.core.db import Database
from app.core.errors import AppError
from app.core.key_ring import KeyRingError
from app.services.key_rotation import KeyRotation


async def rotate_keys(settings: Settings, *, retire: bool) -> None:
    """Wrap everything under a new key, or forget the keys that nothing needs any more; prints how far it is."""
    database = Database(role_database_url(settings, DatabaseRole.SYSTEM), connections=1)
    rotation = KeyRotation(database, key_ring(settings), key_vault(settings), sealed_totp_secrets(settings))
    try:
        if retire:
            forgotten = await rotation.retire()
            named = ", ".join(str(version) for version in forgotten) or "none: there is only one"
            out.print(f"Retired key-encryption keys: {named}.")
            return
        async for progress in rotation.run():
            out.print(f"key {progress.version}: {progress.done} rows wrapped anew, {progress.left} left")
        out.print(
            "Done. The old key opens nothing in this database any more. Backups made before still need it: keep a"
            " copy of it with them, then run `stackalpha rotate-keys --retire`."
        )
    except (AppError, KeyRingError, DecryptionError) as error:
        raise CommandError(str(error), 1) from error
    finally:
        await database.close()
