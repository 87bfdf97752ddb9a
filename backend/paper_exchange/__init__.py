"""A simulated USD-M futures venue speaking Binance's dialect; it knows nothing of the platform that uses it."""
