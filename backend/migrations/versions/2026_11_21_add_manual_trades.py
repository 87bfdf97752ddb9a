"""Fills of others, what is held that is not ours, manual trades with what our rules would have done; and the age
of each account's last comparison with its venue.

Revision ID: add_manual_trades
Revises: add_notifications
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import tenancy

revision = "add_manual_trades"
down_revision = "add_notifications"
branch_labels = None
depends_on = None

QUANTITY, MONEY = sa.Numeric(28, 10), sa.Numeric(28, 8)
TABLES = ("external_fills", "external_positions", "manual_trades", "reconciliations")
LEARNING_VIEW = """
CREATE VIEW ml_learning_data WITH (security_invoker = true) AS
SELECT user_id, trade_id AS position_id, symbol, strategy, entry_price, price AS exit_price, pnl, confidence,
       true AS manual_closure, 'MANUAL_INTERVENTION'::text AS closure_reason, duration_minutes,
       rules_exit_price, rules_exit_reason, rules_pnl, executed_at
FROM manual_trades WHERE effect = 'closed_ours'
"""


def _moment(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def _of_wallet(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_user_id_wallet_id_wallets")
    return sa.ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"], name=name)


def _of_trade(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_user_id_trade_id_trades")
    return sa.ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"], name=name)


def upgrade() -> None:
    _external_fills()
    _external_positions()
    _manual_trades()
    op.create_table(
        "reconciliations",
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _moment("watched_since", nullable=True),
        _moment("completed_at"),
        sa.Column("drift_symbols", sa.Integer(), nullable=False),
        sa.Column("drift_notional", MONEY, nullable=False),
        _of_wallet("reconciliations"),
        sa.PrimaryKeyConstraint("wallet_id", name=op.f("pk_reconciliations")),
    )
    for table in TABLES:
        for statement in tenancy.tenant_table(table, system=True):
            op.execute(statement)
    op.execute(LEARNING_VIEW)
    op.execute("GRANT SELECT ON ml_learning_data TO stackalpha_api, stackalpha_worker, stackalpha_system")


def _external_fills() -> None:
    op.create_table(
        "external_fills",
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("symbol", sa.String(50), nullable=False),
        sa.Column("venue_trade_id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("trade_id", sa.Uuid()),
        sa.Column("exchange_order_id", sa.String(64), nullable=False),
        sa.Column("side", sa.String(4), nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("closed_quantity", QUANTITY, nullable=False),
        sa.Column("price", QUANTITY, nullable=False),
        sa.Column("fee", MONEY, nullable=False),
        sa.Column("fee_currency", sa.String(10), nullable=False),
        sa.Column("venue_realized_pnl", MONEY, nullable=False),
        sa.Column("is_maker", sa.Boolean(), nullable=False),
        _moment("executed_at"),
        _moment("recorded_at", now=True),
        sa.CheckConstraint(
            "closed_quantity >= 0 AND closed_quantity <= quantity",
            name=op.f("ck_external_fills_closed_quantity"),
        ),
        _of_wallet("external_fills"),
        _of_trade("external_fills"),
        sa.PrimaryKeyConstraint("wallet_id", "symbol", "venue_trade_id", name=op.f("pk_external_fills")),
    )


def _external_positions() -> None:
    op.create_table(
        "external_positions",
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("symbol", sa.String(50), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        _moment("created_at", now=True),
        _moment("updated_at", now=True),
        _of_wallet("external_positions"),
        sa.PrimaryKeyConstraint("wallet_id", "symbol", name=op.f("pk_external_positions")),
    )


def _manual_trades() -> None:
    effects = "effect IN ('closed_ours','reduced_ours','reduced_own','opened_own')"
    answers = "counterfactual IN ('none','pending','resolved','unresolved')"
    op.create_table(
        "manual_trades",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.String(10), nullable=False),
        sa.Column("venue", sa.String(50), nullable=False),
        sa.Column("symbol", sa.String(50), nullable=False),
        sa.Column("exchange_order_id", sa.String(64), nullable=False),
        sa.Column("touched", sa.String(4), nullable=False),
        sa.Column("effect", sa.String(12), nullable=False),
        sa.Column("side", sa.String(4), nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("price", QUANTITY, nullable=False),
        sa.Column("fees", MONEY, nullable=False),
        sa.Column("pnl", MONEY, nullable=False),
        _moment("executed_at"),
        _moment("detected_at"),
        sa.Column("trade_id", sa.Uuid()),
        sa.Column("strategy", sa.String(50)),
        sa.Column("confidence", sa.Numeric(5, 4)),
        sa.Column("entry_price", QUANTITY),
        sa.Column("duration_minutes", sa.Numeric(14, 3)),
        sa.Column("counterfactual", sa.String(10), server_default="none", nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text())),
        _moment("walked_until", nullable=True),
        _moment("rules_exit_at", nullable=True),
        sa.Column("rules_exit_price", QUANTITY),
        sa.Column("rules_exit_reason", sa.String(20)),
        sa.Column("rules_pnl", MONEY),
        _moment("created_at", now=True),
        _moment("updated_at", now=True),
        sa.CheckConstraint("touched IN ('ours','own')", name=op.f("ck_manual_trades_touched")),
        sa.CheckConstraint(effects, name=op.f("ck_manual_trades_effect")),
        sa.CheckConstraint(answers, name=op.f("ck_manual_trades_counterfactual")),
        _of_wallet("manual_trades"),
        _of_trade("manual_trades"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manual_trades")),
        sa.UniqueConstraint(
            "wallet_id",
            "symbol",
            "exchange_order_id",
            "touched",
            name=op.f("uq_manual_trades_wallet_id_symbol_exchange_order_id_touched"),
        ),
    )
    op.create_index("ix_manual_trades_user_id_detected_at", "manual_trades", ["user_id", "detected_at", "id"])
    pending = sa.text("counterfactual = 'pending'")
    op.create_index("ix_manual_trades_pending", "manual_trades", ["detected_at"], postgresql_where=pending)


def downgrade() -> None:
    op.execute("DROP VIEW ml_learning_data")
    for table in reversed(TABLES):
        op.drop_table(table)
