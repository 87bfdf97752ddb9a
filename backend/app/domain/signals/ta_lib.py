"""TA-Lib, brought in by whoever computes first.

With it comes pandas, where that is installed: half a second and 60 MB that a process which only names strategies, such
as the API, does not need.
"""

from importlib import import_module
from types import ModuleType


def ta_lib() -> ModuleType:
    """The module `talib`."""
    return import_module("talib")
