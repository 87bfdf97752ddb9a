"""What every channel is handed: one message, addressed and worded."""

from typing import Protocol


class Told(Protocol):
    """One message of what happened."""

    @property
    def address(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def reference(self) -> str: ...
