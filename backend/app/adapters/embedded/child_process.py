"""Starting a process that cannot outlive the one that started it."""

import ctypes
import errno
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
LOG_ROTATE_BYTES = 10_000_000


class EmbeddedServiceError(RuntimeError):
    """A service cannot be started or stopped; the message is one sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Account:
    """An existing user of the system as which a process runs."""

    name: str
    user_id: int
    group_id: int


def account_of(user_id: int) -> Account:
    """The account with that user id; one without an entry in the user database goes by its number."""
    try:
        entry = pwd.getpwuid(user_id)
    except KeyError:
        return Account(str(user_id), user_id, user_id)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def spawn(
    arguments: Sequence[str | Path],
    *,
    log: IO[bytes],
    environment: Mapping[str, str] | None = None,
    account: Account | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    standard_input: bytes | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that Ctrl-C reaches only us, who stop it in order.

    On Linux the kernel sends it `stop_signal` when the calling thread's process dies, however it dies.
    """
    process = subprocess.Popen(
        [str(argument) for argument in arguments],
        stdin=subprocess.DEVNULL if standard_input is None else subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=None if environment is None else dict(environment),
        cwd=folder if account is None else "/",
        user=None if account is None else account.user_id,
        group=None if account is None else account.group_id,
        extra_groups=None if account is None else [],
        start_new_session=True,
        preexec_fn=_die_with_parent(stop_signal),  # noqa: PLW1509 - one prctl call, resolved before the fork
    )
    if standard_input is not None and process.stdin is not None:
        process.stdin.write(standard_input)
        process.stdin.close()
    return process


def run_as(account: Account | None, arguments: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a short command to its end as `account`, with both outputs captured together."""
    return subprocess.run(
        [str(argument) for argument in arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=None if account is None else "/",
        user=None if account is None else account.user_id,
        group=None if account is None else account.group_id,
        extra_groups=None if account is None else [],
    )


def open_log(path: Path) -> IO[bytes]:
    """The log file opened for appending; one that has grown past ten megabytes is set aside as `<name>.1`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_ROTATE_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")


def explain(error: OSError, what: str) -> EmbeddedServiceError:
    """One sentence for an operating-system error met while doing `what`."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return EmbeddedServiceError(f"{what} failed because the disk is full.")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return EmbeddedServiceError(
                f"{what} failed because {error.filename or 'a file'} may not be written or run by"
                f" {account_of(os.geteuid()).name}."
            )
        case _:
            return EmbeddedServiceError(f"{what} failed: {error.strerror or error}.")


def _die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def set_death_signal() -> None:
        prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:  # the parent died between the fork and the call above
            os._exit(1)

    return set_death_signal
