"""The verbs of `stackalpha`."""

from pathlib import Path
from typing import Annotated

import typer

from app.adapters.embedded.child_process import EmbeddedServiceError
from app.cli.terminal import CommandError, err, out
from app.core.config import SettingsError

app = typer.Typer(
    name="stackalpha",
    help="Risk-first automated trading for many users.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def up(
    port: Annotated[
        int | None, typer.Option(help="Port of the web app and the API.", min=1, max=65535)
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Follow a real venue's live market; the money stays simulated.")
    ] = False,
    replay: Annotated[Path | None, typer.Option(help="Replay the price files of a folder.")] = None,
    speed: Annotated[float | None, typer.Option(help="Market seconds per second.", min=0.001)] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the synthetic market.", min=0)] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Delete the stored data first.")] = False,
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Make a demo account.")] = True,
) -> None:
    """Start everything on this machine."""
    from app.cli import up as command

    command.up(
        command.UpOptions(port=port, replay=replay, live=live, speed=speed, seed=seed, fresh=fresh, demo=demo)
    )


@app.command()
def services() -> None:
    """Start Postgres and Redis only, and print their addresses."""
    from app.cli.up import serve_services

    serve_services()


@app.command()
def migrate(
    back_to: Annotated[
        str | None,
        typer.Option(
            help="Undo what came behind this migration, before a former release is started; what only the newer schema"
            " held is lost."
        ),
    ] = None,
) -> None:
    """Bring the database to the newest schema."""
    from app.cli.migrate import migrate_database, undo_migrations
    from app.cli.run_folder import running_settings

    if back_to is None:
        migrate_database(running_settings())
        out.print("The database has the newest schema.")
    else:
        undo_migrations(running_settings(), back_to)
        out.print(f"The database has the schema of {back_to}.", markup=False)


@app.command("seed-demo")
def seed_demo() -> None:
    """Make the demo account, or show its login."""
    from app.cli.run_folder import running_settings
    from app.cli.up import seed_demo_account

    login = seed_demo_account(running_settings())
    out.print(f"{login.email}  {login.password}")


@app.command("create-admin")
def create_admin(
    email: Annotated[str, typer.Argument(help="Address of the administrator.")],
    password: Annotated[
        str | None, typer.Option(envvar="STACKALPHA_ADMIN_PASSWORD", help="Empty: one is made up.")
    ] = None,
) -> None:
    """Make an administrator."""
    import asyncio

    from app.cli import accounts
    from app.cli.run_folder import running_settings

    made = asyncio.run(accounts.create_admin(running_settings(), email, password))
    out.print(f"{made.email}  {made.password or '(keeps its password)'}", markup=False)


@app.command()
def link(email: Annotated[str | None, typer.Argument(help="Of this address only.")] = None) -> None:
    """Print the links that wait to be used, where no mail server delivers them."""
    import asyncio

    from app.cli import accounts
    from app.cli.run_folder import running_settings

    links = asyncio.run(accounts.pending_links(running_settings(), email))
    for one in links:
        out.print(f"{one.email}  {one.purpose.value}  {one.address}", markup=False, soft_wrap=True)
    if not links:
        out.print("No link waits.")


@app.command("rotate-keys")
def rotate_keys(
    retire: Annotated[
        bool, typer.Option("--retire", help="Forget the old keys, once nothing needs them.")
    ] = False,
) -> None:
    """Wrap every stored credential under a new key-encryption key, while the platform runs."""
    import asyncio

    from app.cli.key_rotation import rotate_keys as rotate
    from app.cli.run_folder import running_settings

    asyncio.run(rotate(running_settings(), retire=retire))


@app.command()
def verify() -> None:
    """Compare every wallet's books with its exchange, and the audit log with its hashes; exits 1 on any difference."""
    import asyncio

    from app.cli.run_folder import running_settings
    from app.cli.verify import verify as compare

    raise typer.Exit(asyncio.run(compare(running_settings())))


@app.command()
def rerun(
    file: Annotated[
        Path | None, typer.Argument(help="Receipts, one per line; standard input without it.")
    ] = None,
) -> None:
    """Decide stored receipts again, offline; 1 where one gives other bytes."""
    from app.cli.rerun import rerun_receipts

    raise typer.Exit(1 if rerun_receipts(file) else 0)


@app.command()
def api() -> None:
    """Run the API."""
    _become("api")


@app.command()
def executor() -> None:
    """Run an executor."""
    _become("executor")


@app.command()
def monitor() -> None:
    """Run a position monitor."""
    _become("monitor")


@app.command()
def jobs() -> None:
    """Run a worker for periodic and slow work."""
    _become("jobs")


@app.command()
def notifier() -> None:
    """Run what sends messages and answers Telegram chats."""
    _become("notifier")


@app.command()
def paper(
    port: Annotated[int | None, typer.Option(help="Port it listens on.", min=1, max=65535)] = None,
    host: Annotated[str, typer.Option(help="Address it listens on; its control routes stay on loopback.")] = (
        "127.0.0.1"
    ),
    live: Annotated[bool, typer.Option("--live", help="Follow a real venue's prices.")] = False,
    replay: Annotated[Path | None, typer.Option(help="Replay the price files of a folder.")] = None,
    speed: Annotated[float | None, typer.Option(help="Market seconds per second.", min=0.001)] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the synthetic market.", min=0)] = None,
    journal: Annotated[Path | None, typer.Option(help="File that holds its accounts.")] = None,
) -> None:
    """Run the paper exchange alone, for any bot that speaks Binance's USD-M dialect."""
    from app.cli.paper import PaperOptions, run_paper

    run_paper(PaperOptions(port, host, live, replay, speed, seed, journal))


@app.command("paper-keys")
def paper_keys(
    account: Annotated[str, typer.Argument(help="Name of the account; opened when it is new.")],
    deposit: Annotated[str | None, typer.Option(help="USDT to pay in.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the paper exchange.", min=1, max=65535)] = None,
) -> None:
    """Print the address and the keys of an account at the paper exchange."""
    from app.cli.paper import print_keys

    print_keys(account, deposit, port)


@app.command("paper-feed")
def paper_feed(
    paused: Annotated[
        bool | None, typer.Option("--pause/--resume", help="Hold the market still, or let it run.")
    ] = None,
    speed: Annotated[float | None, typer.Option(help="Market seconds per second.", min=0.001)] = None,
    step: Annotated[int | None, typer.Option(help="Steps to play at once.", min=1, max=100_000)] = None,
    port: Annotated[int | None, typer.Option(help="Port of the paper exchange.", min=1, max=65535)] = None,
) -> None:
    """Pause, resume, speed up or step the paper exchange's market, and print where it is."""
    from app.cli.paper import FeedWishes, steer_feed

    steer_feed(FeedWishes(paused, speed, step), port)


def _become(name: str) -> None:
    """Replace this process by one of the platform's, so that signals reach it directly."""
    import os

    from app.cli.processes import ProcessName, process_spec
    from app.cli.run_folder import running_settings

    spec = process_spec(ProcessName(name), running_settings())
    os.execvpe(spec.arguments[0], list(spec.arguments), dict(spec.environment))  # noqa: S606 - our own module


def run() -> None:
    """Run the command line; a fault that we foresee is one sentence on standard error."""
    try:
        app()
    except CommandError as error:
        err.print(str(error), style="red", markup=False)
        raise SystemExit(error.exit_code) from error
    except (SettingsError, EmbeddedServiceError) as error:
        err.print(str(error), style="red", markup=False)
        raise SystemExit(1) from error
