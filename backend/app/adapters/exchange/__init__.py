"""Venues, spoken to through ccxt."""

from app.adapters.exchange.ccxt_packages import enter_packages

enter_packages()
