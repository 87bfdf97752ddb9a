"""What the documents name is there: files, settings, verbs of the command line."""

import os
import re
from functools import cache
from pathlib import Path

import pytest
import typer.main

from app.cli.commands import app
from app.core.config import ROOT_DIR, Settings
from scripts.env_example import variable
from tests.infra.test_compose import OF_COMPOSE

DOCUMENTS = sorted(
    str(path.relative_to(ROOT_DIR))
    for folder in (".", "backend/docs", "backend/docs/decisions", "infra")
    for path in (ROOT_DIR / folder).glob("*.md")
)
ENDINGS = r"\.(?:py|md|yml|json|conf|sh|js|ts|tsx|css|toml)"
FILE = re.compile(rf"`([\w.-]+(?:/[\w*.-]+)+|[\w-]+{ENDINGS})`")
MADE = {".git", ".venv", ".venv-peers", "node_modules", "dist", "var", "__pycache__"}
ELSEWHERE = {"config.json", "order/test", "positionMargin/history", "domain/exit_rules.react"}
"""What reads like a file of ours and is none: freqtrade's, paths of the venue, a function."""


@cache
def kept() -> tuple[str, ...]:
    """Every file and folder of the checkout that nobody made by building or running, from a slash on."""
    found = []
    for folder, below, files in os.walk(ROOT_DIR):
        below[:] = [name for name in below if name not in MADE]
        place = Path(folder).relative_to(ROOT_DIR)
        found += [f"/{place / name}" for name in (*below, *files)]
    return tuple(found)


def exists(named: str) -> bool:
    """A file, folder or module by the end of its path; a star stands for anything."""
    path = "/" + re.escape(named.rstrip("/")).replace(r"\*", r"[^/]*") + r"(\.py)?$"
    return any(re.search(path, found) for found in kept())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_named_file_is_there(document: str) -> None:
    named = set(FILE.findall((ROOT_DIR / document).read_text())) - ELSEWHERE
    assert [name for name in sorted(named) if not exists(name)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_named_setting_is_there(document: str) -> None:
    known = {variable(name, field) for name, field in Settings.model_fields.items()} | OF_COMPOSE
    named = set(re.findall(r"\bSTACKALPHA_[A-Z_]*[A-Z]\b(?!_?\*)", (ROOT_DIR / document).read_text()))
    assert named <= known


def test_a_named_verb_is_there_with_its_options() -> None:
    group = typer.main.get_group(app)
    verbs = {
        name: {option for one in verb.params for option in (*one.opts, *one.secondary_opts)}
        for name, verb in group.commands.items()
    }
    text = "\n".join((ROOT_DIR / document).read_text() for document in DOCUMENTS)
    lines = [line.split() for line in re.findall(r"(?:stackalpha|--rm api) ((?:[a-z]|--)[^`\n#]*)", text)]
    options = {
        (line[0], word) for line in lines for word in "|".join(line).split("|") if word.startswith("--")
    }

    assert {line[0] for line in lines} - {"--help"} <= verbs.keys()
    assert {"migrate", "verify", "rotate-keys"} <= {line[0] for line in lines}
    assert [(verb, option) for verb, option in options if option not in verbs.get(verb, {"--help"})] == []
