"""Limits of every level, week and month windows, peaks, correlations, and the receipts of decisions.

Revision ID: add_limits_of_every_level
Revises: add_reservation_ledger
"""

import sqlalchemy as sa
from alembic import op

from migrations import reservation_ledger, tenancy

revision = "add_limits_of_every_level"
down_revision = "add_reservation_ledger"
branch_labels = None
depends_on = None

_PERCENT, _USD, _COUNT = sa.Numeric(5, 2), sa.Numeric(12, 2), sa.Integer()
_MONEY, _TIME = sa.Numeric(28, 8), sa.DateTime(timezone=True)
_LATER_LIMITS: dict[str, sa.types.TypeEngine[object]] = {
    "max_position_size_lots": sa.Numeric(14, 4),
    "max_risk_per_trade_percent": _PERCENT,
    "max_margin_utilisation_percent": _PERCENT,
    "max_positions_per_wallet": _COUNT,
    "max_positions_per_strategy": _COUNT,
    "max_positions_per_symbol": _COUNT,
    "max_weekly_loss_usd": _USD,
    "max_monthly_loss_usd": _USD,
    "max_drawdown_percent": _PERCENT,
    "max_trades_per_day": _COUNT,
    "cooldown_minutes_after_exit": sa.Numeric(9, 2),
    "cooldown_minutes_after_loss": sa.Numeric(9, 2),
}
_MANNERS: dict[str, sa.types.TypeEngine[object]] = {
    "flatten_when_tripped": sa.Boolean(),
    "stop_loss_percent": _PERCENT,
    "take_profit_percent": sa.Numeric(7, 2),
    "stop_atr_multiple": _PERCENT,
    "trailing_atr_multiple": _PERCENT,
}
_WALLET: dict[str, sa.types.TypeEngine[object]] = {
    "max_weekly_loss_percent": _PERCENT,
    "max_monthly_loss_percent": _PERCENT,
    "max_correlated_positions": _COUNT,
    "max_consecutive_losses": _COUNT,
    "max_correlation": sa.Numeric(4, 3),
    "enable_pyramiding": sa.Boolean(),
}
_SCOPED: dict[str, sa.types.TypeEngine[object]] = {
    "max_position_size_usd": _USD,
    "max_position_size_percent": _PERCENT,
    "max_portfolio_heat": sa.Numeric(7, 2),
    "max_open_risk_percent": _PERCENT,
    "max_open_positions": _COUNT,
    "max_leverage": _COUNT,
    "max_daily_loss_usd": _USD,
    "max_daily_loss_percent": _PERCENT,
    "min_risk_reward_ratio": sa.Numeric(4, 2),
    "max_single_asset_exposure_percent": _PERCENT,
    "min_signal_confidence": sa.Numeric(3, 2),
}
_WINDOWS: dict[str, sa.types.TypeEngine[object]] = {
    f"{length}_{name}": kind
    for length in ("week", "month")
    for name, kind in (("start", _TIME), ("start_equity", _MONEY), ("tripped_at", _TIME))
} | {"peak_equity": _MONEY}
_FLOWS = ("week_flows", "month_flows")


def _off(name: str) -> "sa.Column[bool]":
    return sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False)


def _stamps() -> "list[sa.Column[object]]":
    return [
        sa.Column(name, _TIME, server_default=sa.text("now()"), nullable=False)
        for name in ("created_at", "updated_at")
    ]


def _add(table: str, columns: "dict[str, sa.types.TypeEngine[object]]") -> None:
    for name, kind in columns.items():
        op.add_column(table, sa.Column(name, kind, nullable=True))


def _drop(table: str, *names: str) -> None:
    for name in names:
        op.drop_column(table, name)


def _add_scoped_settings() -> None:
    op.create_table(
        "scoped_risk_settings",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(10), nullable=False),
        sa.Column("scope_key", sa.String(50), nullable=False),
        *(
            sa.Column(name, kind, nullable=True)
            for name, kind in (_SCOPED | _WALLET | _LATER_LIMITS).items()
        ),
        _off("trading_paused"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *_stamps(),
        sa.CheckConstraint("scope IN ('strategy','symbol')", name=op.f("ck_scoped_risk_settings_scope")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_scoped_risk_settings_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoped_risk_settings")),
        sa.UniqueConstraint(
            "user_id",
            "scope",
            "scope_key",
            name=op.f("uq_scoped_risk_settings_user_id_scope_scope_key"),
        ),
    )
    for statement in tenancy.tenant_table("scoped_risk_settings", system=True):
        op.execute(statement)
    op.execute(f"GRANT DELETE ON scoped_risk_settings TO {tenancy.SYSTEM_ROLE}")


def _add_shared_tables() -> None:
    op.create_table(
        "platform_risk_limits",
        sa.Column("field", sa.String(50), nullable=False),
        sa.Column("value", _MONEY, nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("field", name=op.f("pk_platform_risk_limits")),
    )
    op.create_table(
        "symbol_correlations",
        sa.Column("venue", sa.String(50), nullable=False),
        sa.Column("symbol", sa.String(50), nullable=False),
        sa.Column("other", sa.String(50), nullable=False),
        sa.Column("correlation", sa.Numeric(9, 8), nullable=True),
        sa.Column("observations", sa.Integer(), nullable=False),
        sa.Column("as_of", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("venue", "symbol", "other", name=op.f("pk_symbol_correlations")),
    )
    op.create_table(
        "symbol_volatilities",
        sa.Column("venue", sa.String(50), nullable=False),
        sa.Column("symbol", sa.String(50), nullable=False),
        sa.Column("daily_volatility", sa.Numeric(12, 8), nullable=True),
        sa.Column("observations", sa.Integer(), nullable=False),
        sa.Column("as_of", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("venue", "symbol", name=op.f("pk_symbol_volatilities")),
    )
    readers = f"{tenancy.TENANT_ROLES}, {tenancy.SYSTEM_ROLE}, {tenancy.READER_ROLE}"
    for table in ("platform_risk_limits", "symbol_correlations", "symbol_volatilities"):
        op.execute(f"GRANT SELECT ON {table} TO {readers}")
        op.execute(f"GRANT INSERT, UPDATE, DELETE ON {table} TO {tenancy.SYSTEM_ROLE}")


def upgrade() -> None:
    for table in ("risk_settings", "wallet_risk_settings"):
        _add(table, _LATER_LIMITS | _MANNERS)
    _add("wallet_risk_settings", _WALLET)
    op.add_column("wallet_risk_settings", _off("trading_paused"))
    op.add_column(
        "risk_settings", sa.Column("max_correlation", sa.Numeric(4, 3), server_default="0.7", nullable=True)
    )
    op.add_column(
        "risk_settings",
        sa.Column("auto_breakers", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    _add("risk_state", _WINDOWS)
    for name in _FLOWS:
        op.add_column("risk_state", sa.Column(name, _MONEY, server_default="0", nullable=False))
    op.add_column("risk_decisions", sa.Column("receipt", sa.LargeBinary(), nullable=True))
    op.add_column("trades", sa.Column("decided_at", _TIME, nullable=True))
    op.create_index("ix_trades_user_id_decided_at", "trades", ["user_id", "decided_at"])
    op.create_index("ix_trades_user_id_symbol_closed_at", "trades", ["user_id", "symbol", "closed_at"])
    op.add_column(
        "risk_usage", sa.Column("consecutive_losses", sa.Integer(), server_default="0", nullable=False)
    )
    for statement in reservation_ledger.later_statements():
        op.execute(statement)
    _add_scoped_settings()
    _add_shared_tables()


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_counted_losses()")
    op.execute("DROP FUNCTION count_losses(risk_reservations)")
    for table in ("symbol_volatilities", "symbol_correlations", "platform_risk_limits", "scoped_risk_settings"):
        op.drop_table(table)
    _drop("risk_usage", "consecutive_losses")
    op.drop_index("ix_trades_user_id_symbol_closed_at", table_name="trades")
    op.drop_index("ix_trades_user_id_decided_at", table_name="trades")
    _drop("trades", "decided_at")
    _drop("risk_decisions", "receipt")
    _drop("risk_state", *_WINDOWS, *_FLOWS)
    _drop("risk_settings", "auto_breakers", "max_correlation")
    _drop("wallet_risk_settings", "trading_paused", *_WALLET)
    for table in ("wallet_risk_settings", "risk_settings"):
        _drop(table, *_LATER_LIMITS, *_MANNERS)
