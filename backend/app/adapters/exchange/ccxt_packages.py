"""ccxt without the exchanges at which nobody here trades.

`import ccxt` runs four hundred modules, an exchange each, three times over: more than a second of processor time and
some 100 MB in every process of the platform. Here its packages are entered without running the list in their
`__init__`; a name is looked up where ccxt keeps it when it is first asked for. A name that this does not find
has the whole package run, as ccxt would have done at once.
"""

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

OF_PACKAGES = ("__all__", "__version__")
ERRORS = "ccxt.base.errors"
# The class that every exchange stands on; ccxt's own modules ask for it by the package's name.
BASES = {
    "ccxt": "ccxt.base.exchange",
    "ccxt.async_support": "ccxt.async_support.base.exchange",
    "ccxt.pro": "ccxt.async_support.base.exchange",
}


class _Package(ModuleType):
    """One of ccxt's packages: an attribute is the class of the module of that name, as after its `__init__`."""

    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec.name)
        self.__spec__ = spec
        self.__loader__ = spec.loader
        self.__file__ = spec.origin
        self.__package__ = spec.name
        self.__path__ = spec.submodule_search_locations or []

    def __setattr__(self, name: str, value: object) -> None:
        """Bind the class instead of the module that has just been imported, as the package's `__init__` does."""
        super().__setattr__(name, vars(value).get(name, value) if isinstance(value, ModuleType) else value)

    def __getattr__(self, name: str) -> object:
        """Look up what has not been asked for yet: an error, the base class, an exchange, or anything else."""
        if name.startswith("__") and name not in OF_PACKAGES:
            raise AttributeError(name)
        where = BASES[self.__name__] if name == "Exchange" else ERRORS
        found: object = getattr(import_module(where), name, None)
        if found is not None:
            self.__dict__[name] = found
        elif find_spec(f"{self.__name__}.{name}") is not None:
            import_module(f"{self.__name__}.{name}")
        elif "exchanges" not in self.__dict__:
            self._run_whole()
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"{self.__name__} has no {name}") from None

    def _run_whole(self) -> None:
        """Run the package's own `__init__`."""
        if self.__spec__ is not None and self.__spec__.loader is not None:
            self.__spec__.loader.exec_module(self)


def enter_packages() -> None:
    """Make `import ccxt` and its packages quick from here on; does nothing where ccxt has been imported already."""
    for name in BASES:
        if name in sys.modules:
            continue
        spec = find_spec(name)
        if spec is None:
            raise ModuleNotFoundError(name)
        sys.modules[name] = _Package(spec)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, sys.modules[name])
