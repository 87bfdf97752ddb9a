"""Who this process is, so that another on the same machine can tell whether it still lives."""

import os
import socket

import psutil

_SEPARATOR = "/"
PARTS = 3  # host, process id, start


def own_identity() -> str:
    """Host, process id and start time, at most 64 characters; never the same for two processes."""
    started = int(psutil.Process().create_time() * 100)
    return f"{socket.gethostname()[:30]}{_SEPARATOR}{os.getpid()}{_SEPARATOR}{started}"


def is_dead(identity: str) -> bool:
    """Whether that process ran on this machine and is gone. False when it cannot be known from here."""
    parts = identity.rsplit(_SEPARATOR, 2)
    if len(parts) != PARTS or parts[0] != socket.gethostname()[:30]:
        return False
    try:
        process = psutil.Process(int(parts[1]))
        if process.status() == psutil.STATUS_ZOMBIE:
            return True
        return int(process.create_time() * 100) != int(parts[2])
    except (psutil.NoSuchProcess, ValueError):
        return True
    except psutil.AccessDenied:
        return False
