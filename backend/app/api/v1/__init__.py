"""The routes of version 1, one module per noun. A new module is named in ROUTERS and holds `router`."""

import importlib
from typing import Final

from fastapi import APIRouter

ROUTERS: Final = (
    "health",
    "auth",
    "me",
    "security",
    "account",
    "exports",
    "reports",
    "journal",
    "wallets",
    "wallet_arming",
    "risk",
    "admin_limits",
    "admin_health",
    "admin_operator_cases",
    "admin_users",
    "risk_check",
    "risk_profiles",
    "risk_scopes",
    "risk_status",
    "trading_schedule",
    "decisions",
    "circuit_breaker",
    "admin_circuit_breaker",
    "positions",
    "trades",
    "manual_trades",
    "execution",
    "analytics",
    "signals",
    "strategies",
    "market",
    "notifications",
    "stream",
)


def routers() -> list[APIRouter]:
    """The routers, in the order of ROUTERS."""
    found = []
    for name in ROUTERS:
        router = importlib.import_module(f"app.api.v1.{name}").router
        if not isinstance(router, APIRouter):
            raise TypeError(f"app.api.v1.{name} has no router")
        found.append(router)
    return found
