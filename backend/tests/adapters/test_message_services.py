"""Addresses of message services: what they may hold, and that none makes us read for the user."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from app.adapters.message_services import MessageServices
from app.domain.notification_rules import DeliveryError

DISCORD = "discord://1234567890/abcdefghijk"
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/"
SINCH = f"sinch://{'0123456789abcdef' * 2}:{'fedcba9876543210' * 2}@15551112222/15553334444?region=eu"
SERVICES = MessageServices(["discord", "pover", "sinch", "slack", "twilio"])


@dataclass
class Message:
    """A message to an address."""

    address: str
    title: str = "Entries paused"
    text: str = "A daily loss limit was reached."
    reference: str = "1"


@pytest.mark.parametrize("service", [DISCORD, SLACK])
@pytest.mark.parametrize(
    "parameter",
    [
        "template=http://169.254.169.254/latest/meta-data",
        "template=file:///etc/hostname",
        "TEMPLATE=/etc/hostname",
        "%74emplate=/etc/hostname",
        "to=one&template=/etc/hostname",
        "to=one&&template=/etc/hostname",
        "to=one;template=/etc/hostname",
        "to=one&",
        "?template=/etc/hostname",
        "attach=/etc/hostname",
        "rto=100000",
        "verify=no",
        ":name=value",
        "+X-Header=value",
    ],
)
def test_a_parameter_that_is_not_named_makes_it_no_address(service: str, parameter: str) -> None:
    assert SERVICES.hint(f"{service}?{parameter}") is None


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (DISCORD, "Discord"),
        (f"{DISCORD}?from=Desk", "Discord"),
        (SINCH, "Sinch …4444"),
        ("pover://uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu@tttttttttttttttttttttttttttttt?priority=high&sound=siren", "Pushover"),
    ],
)  # fmt: skip
def test_what_a_service_needs_may_be_named(address: str, shown: str) -> None:
    assert SERVICES.hint(address) == shown


async def test_a_file_that_a_kept_address_names_is_not_read_to_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "secret.json"
    kept.write_text(json.dumps({"content": "only for the operator"}))
    posted: list[str] = []

    def post(url: str, **_: object) -> requests.Response:
        posted.append(url)
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "post", post)
    with pytest.raises(DeliveryError) as refused:
        await SERVICES.send(Message(f"{DISCORD}?template={kept}"))
    assert refused.value.is_final
    assert posted == []
