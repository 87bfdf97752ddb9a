"""The containers are the processes of `stackalpha up`, under settings, limits and addresses that the code has."""

import json
import re
from importlib import import_module
from typing import Any, Final

import pytest
from prometheus_client import Counter, Histogram
from prometheus_client import Gauge as PrometheusGauge

from app.adapters.embedded.postgres import SERVER_OPTIONS
from app.api.middleware import MAX_PICTURE_BYTES
from app.bootstrap.pulse import PORT_OF_PROCESS
from app.cli.processes import ProcessName
from app.cli.supervisor import STOP_SECONDS
from app.core import metrics
from app.core.config import ROOT_DIR, Settings
from app.domain.system_health import LIMITS, Gauge
from scripts.env_example import variable

INFRA: Final = ROOT_DIR / "infra"
OF_COMPOSE: Final = frozenset(
    {
        "POSTGRES_PASSWORD",
        "BACKUPS_KEPT",
        "STACKALPHA_HTTP_ADDRESS",
        "STACKALPHA_HTTP_PORT",
        "STACKALPHA_MEMORY_LIMIT",
        "STACKALPHA_SHARED_BUFFERS",
        "STACKALPHA_TLS_DIR",
        "STACKALPHA_VERSION",
    }
)
"""Variables that the containers are started with and that no process reads."""


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(import_module("yaml").safe_load((ROOT_DIR / "docker-compose.yml").read_text())["services"])


def variables() -> set[str]:
    return {variable(name, field) for name, field in Settings.model_fields.items()}


def test_every_process_has_a_container_that_runs_it(services: dict[str, Any]) -> None:
    assert {name: services[name]["command"] for name in ProcessName} == {name: [name] for name in ProcessName}


@pytest.mark.parametrize("name", ProcessName)
def test_a_process_is_started_again_stopped_in_order_and_kept_in_bounds(
    services: dict[str, Any], name: ProcessName
) -> None:
    service = services[name]
    assert service["restart"] == "unless-stopped"
    assert int(service["stop_grace_period"].removesuffix("s")) > STOP_SECONDS
    assert {"mem_limit", "pids_limit"} <= service.keys()
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}


def test_what_one_process_writes_and_another_reads_lies_in_one_volume(services: dict[str, Any]) -> None:
    """Exports (jobs, API) and the key ring (whoever rotates, everybody) are files below STACKALPHA_VAR_DIR."""
    mounts = {tuple(services[name]["volumes"]) for name in ProcessName}
    folder = services["api"]["environment"]["STACKALPHA_VAR_DIR"]
    assert mounts == {(f"var:{folder}",)}


def test_the_network_that_processes_share_is_of_a_container_that_does_nothing(
    services: dict[str, Any],
) -> None:
    assert {services[name]["network_mode"] for name in ProcessName} == {"service:pod"}
    assert services["pod"]["entrypoint"] == ["sleep", "infinity"]


def test_a_process_is_given_settings_that_exist(services: dict[str, Any]) -> None:
    """POSTGRES_PASSWORD is emptied, so that the owner's login reaches migrations alone."""
    given = services["api"]["environment"]
    assert given.keys() - variables() == {"POSTGRES_PASSWORD"}
    assert given["POSTGRES_PASSWORD"] == ""
    assert "@" not in given["DATABASE_URL"]
    assert services["migrate"]["environment"].keys() == given.keys()


@pytest.mark.parametrize("file", ["docker-compose.yml", "infra/docker-compose.tls.yml"])
def test_every_variable_is_a_setting_or_known_to_start_the_containers(file: str) -> None:
    asked = set(re.findall(r"\$\{(\w+)", (ROOT_DIR / file).read_text()))
    assert asked <= variables() | OF_COMPOSE


def test_variables_of_the_containers_are_documented() -> None:
    told = (INFRA / "README.md").read_text()
    assert [name for name in OF_COMPOSE if name not in told] == []


def test_files_that_are_mounted_exist(services: dict[str, Any]) -> None:
    files = {
        mount.split(":")[0]
        for service in services.values()
        for mount in service.get("volumes", [])
        if mount.startswith("./")
    }
    assert files
    assert [file for file in files if not (ROOT_DIR / file).is_file()] == []


def test_postgres_decides_as_the_embedded_one_does(services: dict[str, Any]) -> None:
    """What plans and waits depend on; sizes are the machine's."""
    told = dict(word.removeprefix("-c").split("=", 1) for word in services["postgres"]["command"][1:])
    alike = ("jit", "max_parallel_workers_per_gather", "random_page_cost", "timezone")
    assert {name: told[name] for name in alike} == {name: SERVER_OPTIONS[name] for name in alike}
    assert (
        told["idle_in_transaction_session_timeout"] == SERVER_OPTIONS["idle_in_transaction_session_timeout"]
    )
    assert int(told["max_connections"]) >= int(SERVER_OPTIONS["max_connections"])


def test_nginx_lets_through_what_the_api_takes() -> None:
    allowed = re.search(r"client_max_body_size (\d+)m;", (INFRA / "nginx" / "api.inc").read_text())
    assert allowed is not None
    assert int(allowed[1]) * 1024 * 1024 > MAX_PICTURE_BYTES


@pytest.mark.parametrize("server", ["stackalpha.conf", "tls.conf"])
def test_nginx_asks_the_container_that_the_api_shares(services: dict[str, Any], server: str) -> None:
    port = services["api"]["environment"]["STACKALPHA_PORT"]
    assert f"server pod:{port} resolve;" in (INFRA / "nginx" / server).read_text()


def test_prometheus_asks_every_process_at_its_port() -> None:
    told = import_module("yaml").safe_load((INFRA / "prometheus" / "prometheus.yml").read_text())
    jobs = told["scrape_configs"][0]["static_configs"]
    assert {job["labels"]["process"]: job["targets"] for job in jobs} == {
        process: [f"pod:{9100 + offset}"] for process, offset in PORT_OF_PROCESS.items()
    }


@pytest.mark.parametrize("file", ["prometheus/alerts.yml", "grafana/stackalpha.json"])
def test_figures_that_are_watched_are_told(file: str) -> None:
    declared = {
        figure.name
        for one in vars(metrics).values()
        if isinstance(one, Counter | PrometheusGauge | Histogram)
        for figure in one.describe()
    }
    watched = set(re.findall(r"\bstackalpha_\w+", (INFRA / file).read_text()))
    assert watched
    assert {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in watched} <= declared


@pytest.mark.parametrize(
    ("alert", "gauge", "scale"),
    [
        ("CpuHigh", Gauge.CPU, 1),
        ("MemoryHigh", Gauge.MEMORY, 1),
        ("DiskHigh", Gauge.DISK, 1),
        ("LoopLate", Gauge.LOOP_LAG, 1_000),
        ("QueueOld", Gauge.QUEUE_AGE, 1),
        ("PricesStale", Gauge.PRICE_AGE, 1),
        ("VenueSilent", Gauge.VENUE_ERRORS, 100),
    ],
)
def test_an_alert_has_the_platforms_own_limit(alert: str, gauge: Gauge, scale: float) -> None:
    groups = import_module("yaml").safe_load((INFRA / "prometheus" / "alerts.yml").read_text())["groups"]
    expressions = {rule["alert"]: rule["expr"] for rule in groups[0]["rules"]}
    assert float(expressions[alert].rsplit(">=", 1)[1]) * scale == LIMITS[gauge]


def test_the_dashboard_is_json_with_panels() -> None:
    assert json.loads((INFRA / "grafana" / "stackalpha.json").read_text())["panels"]


def test_the_image_is_made_from_what_the_product_runs_with() -> None:
    """Nothing that the build leaves out of its context is copied by it, and no developer's tool is installed."""
    built = (INFRA / "docker" / "Dockerfile").read_text()
    left_out = (ROOT_DIR / ".dockerignore").read_text().split()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", built, flags=re.M)
    files = [name for line in copied for name in line.split()]
    assert [name for name in files if not (ROOT_DIR / name).exists()] == []
    assert not set(files) & set(left_out)
    assert "runtime_lock.py > runtime.lock" in built
    assert "-r runtime.lock" in built
    assert "requirements.lock &&" not in built


@pytest.mark.parametrize("server", ["stackalpha.conf", "tls.conf"])
def test_nginx_writes_no_query_which_may_hold_a_token_into_its_logs(server: str) -> None:
    text = (INFRA / "nginx" / server).read_text()
    [written] = re.findall(r"^log_format without_query '(.*)';$", text, re.MULTILINE)
    assert not {"request", "request_uri", "args", "query_string", "http_referer", "is_args"} & set(
        re.findall(r"\$(\w+)", written)
    )
    blocks = text.split("server {")[1:]
    shared = (INFRA / "nginx" / "api.inc").read_text()
    for block in blocks:
        named = block.replace("include /etc/nginx/api.inc;", shared)
        assert "access_log /var/log/nginx/access.log without_query;" in named
        assert "error_log /var/log/nginx/error.log crit;" in named
