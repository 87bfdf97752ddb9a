"""SMS and other message services through Apprise, whose addresses hold the credentials.

Only services that are named in the settings are used: an address of the user's own choosing would be a way
into our network. For the same reason an address carries named parameters alone: others let the library load a file or
a page of the user's choosing (Discord's and Slack's `template`), or wait for hours (`rto`). No address, and no text of
the library's, leaves this module.
"""

import re
from collections.abc import Sequence
from typing import Final

from app.adapters.told import Told
from app.domain.notification_rules import DeliveryError

LONGEST_ADDRESS: Final = 500
SHOWN_DIGITS: Final = 4
# The name is compared as it is typed: the library also understands `%74emplate`.
PARAMETERS: Final = re.compile(
    r"(?:(?:apikey|from|priority|region|sound|to)=[A-Za-z0-9+_.,%-]*(?:&(?!$)|$))*", re.IGNORECASE
)


class MessageServices:
    """The services that this deployment allows."""

    def __init__(self, schemes: Sequence[str]) -> None:
        self._schemes = frozenset(schemes)

    @property
    def schemes(self) -> list[str]:
        """Their names as an address begins with them, in order."""
        return sorted(self._schemes)

    def hint(self, address: str) -> str | None:
        """What may be shown of an address: the service, and a number's last digits; None where it is none of ours."""
        if not self._is_allowed(address):
            return None
        from apprise import Apprise

        target = Apprise.instantiate(address)
        if target is None:
            return None
        last = address.partition("?")[0].rstrip("/").rpartition("/")[2]
        shown = f" …{last[-SHOWN_DIGITS:]}" if last.lstrip("+").isdigit() else ""
        return f"{target.service_name}{shown}"

    async def send(self, message: Told) -> None:
        """Raises `DeliveryError`."""
        if not self._is_allowed(message.address):
            raise DeliveryError("This message service is not allowed here.", is_final=True)
        from apprise import Apprise

        target = Apprise.instantiate(message.address)
        if target is None:
            raise DeliveryError("The address of the message service is not understood.", is_final=True)
        taken = await target.async_notify(title=message.title, body=f"{message.text} ref {message.reference}")
        if not taken:
            raise DeliveryError("The message service did not take the message.")

    def _is_allowed(self, address: str) -> bool:
        scheme, separator, rest = address.partition("://")
        if not separator or scheme.lower() not in self._schemes or len(address) > LONGEST_ADDRESS:
            return False
        return PARAMETERS.fullmatch(rest.partition("?")[2]) is not None
