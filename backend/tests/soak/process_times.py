"""How much processor time groups of processes take, whoever waits for whom: user and system, children included."""

from collections.abc import Mapping, Sequence

import psutil

Seconds = dict[str, float]


def processor_seconds(groups: Mapping[str, Sequence[int]]) -> Seconds:
    """Processor seconds of each group so far, by the process ids of its oldest; a process that is gone counts with
    the parent that has waited for it, and with nobody where nobody has."""
    return {name: sum(_family(pid) for pid in pids) for name, pids in groups.items()}


def _family(pid: int) -> float:
    """One process, those below it, and those below it that are over."""
    oldest = psutil.Process(pid)
    seconds = 0.0
    for process in [oldest, *oldest.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


def pid_listening_at(port: int) -> int:
    """The oldest process that listens at a port of this machine; raises LookupError where none does."""
    for held in psutil.net_connections("tcp"):
        is_there = held.status == psutil.CONN_LISTEN and held.laddr and held.laddr.port == port
        if is_there and held.pid is not None:
            return held.pid
    raise LookupError(f"nobody listens at port {port}")
