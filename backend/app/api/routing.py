"""Finds a request's route by its noun: only the routers that know a path of that noun are asked.

Asking every router in turn for each of its paths took a fifth of a short request. What is not found here (a path that
does not exist, a method that it does not have) goes on to the whole list, which refuses it as ever.
"""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.params import Depends
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

FOUND: Final = "stackalpha.route"


class RoutesByNoun(BaseRoute):
    """Stands in front of the routes that it knows; they stay in the application's list, which describes them."""

    def __init__(self, prefix: str) -> None:
        self._prefix = f"{prefix}/"
        self._routes: dict[str, list[BaseRoute]] = {}

    def add(self, router: APIRouter, included: BaseRoute) -> None:
        """Ask `included` for the nouns that `router`'s paths begin with. Raises ValueError for a path that begins
        with a parameter."""
        for noun in sorted({_noun(getattr(route, "path", "")) for route in router.routes}):
            if "{" in noun:
                raise ValueError(f"a path of the API begins with a noun, not with {noun}")
            self._routes.setdefault(noun, []).append(included)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """In full, or not at all."""
        path: str = scope.get("path", "")
        if path.startswith(self._prefix):
            for route in self._routes.get(_noun(path.removeprefix(self._prefix)), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    return match, {**found, FOUND: route}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the route that was found."""
        route: BaseRoute = scope[FOUND]
        await route.handle(scope, receive, send)


def include_by_noun(
    app: FastAPI, routers: Sequence[APIRouter], prefix: str, dependencies: Sequence[Depends]
) -> None:
    """Include the routers under the prefix, in their order."""
    nouns = RoutesByNoun(prefix)
    app.router.routes.append(nouns)
    for router in routers:
        app.include_router(router, prefix=prefix, dependencies=dependencies)
        nouns.add(router, app.router.routes[-1])


def _noun(path: str) -> str:
    return path.lstrip("/").partition("/")[0]
