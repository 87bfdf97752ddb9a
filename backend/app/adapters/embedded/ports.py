"""Loopback ports: which are free, and the one a service had last time."""

import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
HIGHEST_PORT = 65535


def port_is_free(port: int, host: str = LOOPBACK) -> bool:
    """True when a server could listen on that port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A loopback port on which nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def remembered_port(path: Path) -> int:
    """The port noted in `path` if it is still free, else a new free one, which is noted there."""
    try:
        port = int(path.read_text())
        if 0 < port <= HIGHEST_PORT and port_is_free(port):
            return port
    except (OSError, ValueError):
        pass
    port = free_port()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{port}\n")
    return port
