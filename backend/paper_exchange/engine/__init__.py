"""The venue itself: Decimal, no I/O, no clock; every method is handed the market time in milliseconds."""
