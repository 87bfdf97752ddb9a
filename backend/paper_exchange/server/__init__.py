"""The dialect: REST and websockets as the real venue speaks them, over the engine."""
