"""Analytics: what portfolios were worth, what trades made, and how far the figures can be trusted."""
