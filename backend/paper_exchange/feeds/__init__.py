"""Where market prices come from; nothing here knows accounts, orders or sockets."""
