"""The journal's tables; bodies are JSON, columns beside them exist only to be searched."""

from __future__ import annotations

SCHEMA_VERSION = "2"

# How a journal of an older schema is brought to the next one; keyed by the schema it has.
UPGRADES = {
    "1": """
ALTER TABLE positions RENAME TO positions_1;
CREATE TABLE positions (
    account TEXT NOT NULL, symbol TEXT NOT NULL, side TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (account, symbol, side)
) WITHOUT ROWID;
INSERT INTO positions SELECT account, symbol, 'BOTH', body FROM positions_1;
DROP TABLE positions_1;
UPDATE meta SET value = '2' WHERE key = 'schema';
""",
}

TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deposits (reference TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
    account TEXT NOT NULL, symbol TEXT NOT NULL, side TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (account, symbol, side)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS margin_changes (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, symbol TEXT NOT NULL, time_ms INTEGER NOT NULL,
    sign INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_margin_changes_account ON margin_changes (account, id);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, client_id TEXT NOT NULL, symbol TEXT NOT NULL,
    time_ms INTEGER NOT NULL, is_open INTEGER NOT NULL, is_idle INTEGER NOT NULL, written_ms INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_orders_account ON orders (account, id);
CREATE INDEX IF NOT EXISTS ix_orders_client_id ON orders (account, client_id, id);
CREATE INDEX IF NOT EXISTS ix_orders_open ON orders (id) WHERE is_open = 1;
CREATE INDEX IF NOT EXISTS ix_orders_idle ON orders (written_ms) WHERE is_idle = 1;
CREATE TABLE IF NOT EXISTS conditionals (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, client_id TEXT NOT NULL, symbol TEXT NOT NULL,
    time_ms INTEGER NOT NULL, is_open INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_conditionals_account ON conditionals (account, id);
CREATE INDEX IF NOT EXISTS ix_conditionals_client_id ON conditionals (account, client_id, id);
CREATE INDEX IF NOT EXISTS ix_conditionals_open ON conditionals (id) WHERE is_open = 1;
CREATE TABLE IF NOT EXISTS fills (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, symbol TEXT NOT NULL, order_id INTEGER NOT NULL,
    time_ms INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_fills_account ON fills (account, id);
CREATE INDEX IF NOT EXISTS ix_fills_order ON fills (order_id);
CREATE TABLE IF NOT EXISTS income (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, symbol TEXT NOT NULL, kind TEXT NOT NULL,
    time_ms INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_income_account ON income (account, id);
CREATE TABLE IF NOT EXISTS amendments (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, order_id INTEGER NOT NULL, time_ms INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_amendments_order ON amendments (order_id, id);
CREATE TABLE IF NOT EXISTS carried (
    account TEXT NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL, amount TEXT NOT NULL,
    PRIMARY KEY (account, source, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS markets (symbol TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bars (
    symbol TEXT NOT NULL, interval_ms INTEGER NOT NULL, open_ms INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (symbol, interval_ms, open_ms)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fundings (
    symbol TEXT NOT NULL, time_ms INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (symbol, time_ms)
) WITHOUT ROWID;
"""

WRITES = {
    "meta": "INSERT OR REPLACE INTO meta VALUES (?, ?)",
    "accounts": "INSERT OR REPLACE INTO accounts VALUES (?, ?)",
    "deposits": "INSERT OR REPLACE INTO deposits VALUES (?, ?)",
    "positions": "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)",
    "margin_changes": "INSERT INTO margin_changes VALUES (?, ?, ?, ?, ?, ?)",
    "orders": "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "conditionals": "INSERT OR REPLACE INTO conditionals VALUES (?, ?, ?, ?, ?, ?, ?)",
    "fills": "INSERT INTO fills VALUES (?, ?, ?, ?, ?, ?)",
    "income": "INSERT INTO income VALUES (?, ?, ?, ?, ?, ?)",
    "amendments": "INSERT INTO amendments VALUES (?, ?, ?, ?, ?)",
    "markets": "INSERT OR REPLACE INTO markets VALUES (?, ?)",
    "bars": "INSERT OR REPLACE INTO bars VALUES (?, ?, ?, ?)",
    "fundings": "INSERT OR REPLACE INTO fundings VALUES (?, ?, ?)",
}
