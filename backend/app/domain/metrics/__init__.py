"""What a return series and a list of trades say, and how far it can be trusted. Undefined is None."""
