"""Which market this folder's database has lived in; two markets must not be mixed in one journal."""

import json
from pathlib import Path

from app.cli.terminal import CommandError
from app.core.config import PaperFeed, Settings

LIVE_VENUE = "Binance USD-M futures"


def check_market(settings: Settings) -> None:
    """Refuse another market than the one whose trades are already stored here."""
    wanted = _identity(settings)
    try:
        kept = json.loads(_note(settings).read_text())
    except (OSError, ValueError):
        return
    if kept != wanted:
        raise CommandError(
            f"{settings.var_dir} holds {_describe(kept)} and cannot go on with {_describe(wanted)}:"
            " add --fresh to begin anew, or set STACKALPHA_VAR_DIR to another folder."
        )


def note_market(settings: Settings) -> None:
    """Remember the market that trades are now stored of."""
    note = _note(settings)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(_identity(settings)) + "\n")


def _note(settings: Settings) -> Path:
    return settings.var_dir / "paper" / "market.json"


def _identity(settings: Settings) -> dict[str, str]:
    if settings.paper_feed is PaperFeed.REPLAY:
        return {"feed": "replay", "folder": str(settings.paper_replay_dir)}
    if settings.paper_feed is PaperFeed.LIVE:
        return {"feed": "live", "url": settings.paper_live_url}
    return {"feed": "synthetic", "seed": str(settings.paper_seed)}


def _describe(identity: dict[str, str]) -> str:
    if identity.get("feed") == "replay":
        return f"a replay of {identity.get('folder')}"
    if identity.get("feed") == "live":
        return f"the live market of {identity.get('url') or LIVE_VENUE}"
    return f"the synthetic market of seed {identity.get('seed')}"
