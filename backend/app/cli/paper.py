"""The paper exchange by itself, and keys for accounts on it."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.cli.paper_control import PaperControl
from app.cli.processes import ProcessName, process_spec
from app.cli.run_folder import RunFolder
from app.cli.terminal import CommandError, out
from app.core.config import PaperFeed, Settings, load_settings

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class PaperOptions:
    """What `stackalpha paper` was told; None leaves what the settings say."""

    port: int | None = None
    host: str = LOOPBACK
    live: bool = False
    replay: Path | None = None
    speed: float | None = None
    seed: int | None = None
    journal: Path | None = None


def paper_settings(options: PaperOptions) -> Settings:
    """The settings with what was told in place of them."""
    settings = load_settings()
    told: dict[str, object] = {
        "paper_speed": options.speed,
        "paper_seed": options.seed,
        "paper_replay_dir": None if options.replay is None else options.replay.expanduser().absolute(),
        "paper_feed": None if options.replay is None else PaperFeed.REPLAY,
        "paper_url": None if options.port is None else f"http://{LOOPBACK}:{options.port}",
    }
    return settings.model_copy(update={name: value for name, value in told.items() if value is not None})


def run_paper(options: PaperOptions) -> None:
    """Become the paper exchange, so that signals reach it directly."""
    settings = paper_settings(options)
    spec = process_spec(ProcessName.PAPER, settings)
    arguments = [*spec.arguments, "--host", options.host]
    if options.live:
        arguments += ["--feed", "live"]
    if options.journal is not None:
        arguments += ["--journal", str(options.journal.expanduser().absolute())]
    port = urlsplit(settings.paper_url).port
    out.print(
        f"Keys for an account of your own: stackalpha paper-keys my-bot --deposit 10000 --port {port}",
        markup=False,
        soft_wrap=True,
    )
    out.file.flush()
    os.execvpe(arguments[0], arguments, dict(spec.environment))  # noqa: S606 - our own module


@dataclass(frozen=True, slots=True)
class FeedWishes:
    """What the market is to do; None leaves it as it is."""

    paused: bool | None = None
    speed: float | None = None
    steps: int | None = None


def _control_at(port: int | None) -> tuple[PaperControl, str]:
    """The exchange on that port of loopback, or else the one that runs here; and its address."""
    settings = load_settings()
    services = RunFolder(settings.var_dir).announced()
    url = settings.paper_url
    if port is not None:
        url = f"http://{LOOPBACK}:{port}"
    elif services is not None and "paper_url" not in settings.model_fields_set:
        url = services.paper_url
    return PaperControl(settings.model_copy(update={"paper_url": url})), url


def _absent(url: str) -> CommandError:
    return CommandError(
        f"No paper exchange of this folder's answers at {url}:"
        " start it with `stackalpha paper`, or name its --port."
    )


def steer_feed(wishes: FeedWishes, port: int | None) -> None:
    """Pause, resume, speed up or step the market, and print where it is."""
    control, url = _control_at(port)
    before = control.feed({})
    if before is None:
        raise _absent(url)
    wanted = {"paused": wishes.paused, "speed": wishes.speed, "steps": wishes.steps}
    told = {name: value for name, value in wanted.items() if value is not None}
    status = control.feed(told) if told else before
    if status is None:
        raise CommandError(
            f"The {before['feed']} market at {url} cannot be paused, stepped or given a speed."
        )
    for name, value in status.items():
        shown = " ".join(map(str, value)) if isinstance(value, list) else value
        out.print(f"{name:<16}{shown}", markup=False, soft_wrap=True)


def print_keys(account: str, deposit: str | None, port: int | None) -> None:
    """Print an account's address and keys, opening it if it is new, and pay `deposit` USDT into it."""
    control, url = _control_at(port)
    keys = control.open_account(account)
    if keys is None:
        raise _absent(url)
    lines = {"address": url, "account": account, "api key": keys.api_key, "api secret": keys.api_secret}
    if deposit is not None:
        balance = control.deposit(account, deposit, f"paid-in-{secrets.token_hex(8)}")
        if balance is None:
            raise CommandError(
                f"The paper exchange refused a deposit of {deposit} USDT: name an amount above zero."
            )
        lines["balance"] = f"{balance} USDT"
    for name, value in lines.items():
        out.print(f"{name:<12}{value}", markup=False, soft_wrap=True)
