"""What must hold before anything is started; each fault is one sentence."""

import errno
import os
import shutil
import socket
import sys
from pathlib import Path

import psutil

from app.cli.terminal import CommandError
from app.core.config import Settings

OLDEST_PYTHON = (3, 11)
FREE_BYTES_NEEDED = 500_000_000


def check_python() -> None:
    """Refuse a Python that is too old."""
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(str(part) for part in sys.version_info[:2])
        raise CommandError(f"Python 3.11 or newer is needed; this is {found} at {sys.executable}.")


def check_folder(var_dir: Path) -> None:
    """Refuse a folder that cannot be written, or a disk with less than half a gigabyte left."""
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        probe = var_dir / f".probe-{os.getpid()}"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise CommandError(f"The disk that holds {var_dir} is full.") from error
        raise CommandError(f"{var_dir} cannot be written: {error.strerror}.") from error
    free = shutil.disk_usage(var_dir).free
    if free < FREE_BYTES_NEEDED:
        raise CommandError(
            f"The disk that holds {var_dir} has {free // 1_000_000} MB left;"
            f" {FREE_BYTES_NEEDED // 1_000_000} MB are needed."
        )


def check_port(host: str, port: int, option: str) -> None:
    """Refuse a port on which we may not or cannot listen, naming who does where that is known."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            fault = error
        else:
            return
    if fault.errno == errno.EADDRINUSE:
        raise CommandError(
            f"Port {port} is in use{_by_whom(port)}: stop that program or choose another with {option}."
        )
    raise CommandError(f"The address {host}:{port} cannot be listened on: {fault.strerror}.")


def check_replay(settings: Settings) -> None:
    """Refuse a replay folder without one file that the replay feed plays."""
    folder = settings.paper_replay_dir
    if folder is None:
        return
    if not folder.is_dir():
        raise CommandError(f"The replay folder {folder} does not exist.", 2)
    if not any(folder.glob("*_perp_1h_*.csv")) and not any(folder.glob("*_perp_1h_*.csv.gz")):
        raise CommandError(
            f"The replay folder {folder} holds no file named <symbol>_perp_1h_*.csv or .csv.gz.", 2
        )


def _by_whom(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr[1:2] == (port,)
                and connection.pid
            ):
                process = psutil.Process(connection.pid)
                return f" by {process.name()} (process {process.pid})"
    except psutil.Error:
        pass
    return ""
