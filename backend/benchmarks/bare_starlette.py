"""`python -m benchmarks.bare_starlette PORT`: Starlette with one route, no database, no middleware."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BODY = b'{"id":"00000000-0000-0000-0000-000000000000","email":"somebody@example.com","email_verified":true}'


async def constant(_request: Request) -> Response:
    """The same answer every time."""
    return Response(BODY, media_type="application/json")


def main() -> None:
    """Serve until ended."""
    app = Starlette(routes=[Route("/", constant)])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
