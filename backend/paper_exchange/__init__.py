"""A simulated USD-M futures venue speaking Binance's dialect.

It knows nothing of the platform that uses it.
"""
