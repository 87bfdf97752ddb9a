"""Figures of this process for Prometheus. Labels are closed sets: no user, wallet or order is ever one."""

from wsgiref.simple_server import WSGIServer

from prometheus_client import Counter, Gauge, Histogram, start_http_server

REQUEST_SECONDS = Histogram(
    "stackalpha_request_seconds",
    "Time from a request to its last byte",
    ("method", "route", "status"),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
VENUE_CALL_SECONDS = Histogram(
    "stackalpha_venue_call_seconds",
    "Time of a call to a venue, by whether it gave a certain answer",
    ("venue", "outcome"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
PROCESS_CPU = Gauge("stackalpha_machine_cpu_percent", "CPU in use on this machine, 0-100")
PROCESS_MEMORY = Gauge("stackalpha_machine_memory_percent", "Memory in use on this machine, 0-100")
PROCESS_DISK = Gauge("stackalpha_machine_disk_percent", "Disk in use where the data lie, 0-100")
LOOP_LAG = Gauge("stackalpha_loop_lag_seconds", "How late the event loop woke up")
QUEUE_DEPTH = Gauge("stackalpha_queue_depth", "Work that waits", ("queue",))
QUEUE_AGE = Gauge(
    "stackalpha_queue_age_seconds", "Age of the oldest work that waits; 0 without any", ("queue",)
)
PRICE_AGE = Gauge("stackalpha_price_age_seconds", "Transport age of a venue's newest price", ("venue",))
RECONCILIATIONS = Counter(
    "stackalpha_reconciliations_total", "Whole comparisons of an account with its venue", ("venue", "outcome")
)
EXTERNAL_FILLS = Counter("stackalpha_external_fills_total", "Fills that no order of ours caused", ("venue",))
OVERLOOKED = Counter(
    "stackalpha_overlooked_positions_total", "Positions at a gate about which no tick asked: a fault of ours"
)
SNAPSHOTS_LEFT_OUT = Counter(
    "stackalpha_snapshots_left_out_total",
    "Accounts without a snapshot: their clocks are far from the others'",
)
ALARMS = Gauge("stackalpha_alarms", "Readings at or beyond their limit")
LOOP_FAILURES = Counter(
    "stackalpha_loop_failures_total", "Unforeseen errors at the edge of a loop, which goes on", ("loop",)
)
BEATS = Counter("stackalpha_beats_total", "Times this process told its figures", ("process",))


_failures: dict[str, int] = {}


def loop_failed(loop: str) -> int:
    """Count an unforeseen error that a loop outlives; returns how many it has had in this process, for the log.
    `loop` is one of a closed set of names, never an account or an order."""
    LOOP_FAILURES.labels(loop).inc()
    _failures[loop] = _failures.get(loop, 0) + 1
    return _failures[loop]


def serve_metrics(host: str, port: int) -> WSGIServer:
    """Serve the figures at http://host:port/metrics until the server is shut down."""
    server, _ = start_http_server(port, addr=host)
    return server
