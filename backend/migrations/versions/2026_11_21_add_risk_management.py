"""Tables of identity, wallets, risk, signals, trades and orders, with forced row-level security.

Revision ID: add_risk_management
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import tenancy

revision = "add_risk_management"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('candles',
    sa.Column('venue', sa.String(length=50), nullable=False),
    sa.Column('symbol', sa.String(length=50), nullable=False),
    sa.Column('timeframe', sa.String(length=5), nullable=False),
    sa.Column('open_time', sa.DateTime(timezone=True), nullable=False),
    sa.Column('open', sa.Numeric(precision=28, scale=10), nullable=False),
    sa.Column('high', sa.Numeric(precision=28, scale=10), nullable=False),
    sa.Column('low', sa.Numeric(precision=28, scale=10), nullable=False),
    sa.Column('close', sa.Numeric(precision=28, scale=10), nullable=False),
    sa.Column('volume', sa.Numeric(precision=28, scale=8), nullable=False),
    sa.PrimaryKeyConstraint('venue', 'symbol', 'timeframe', 'open_time', name=op.f('pk_candles'))
    )
    op.create_table('shard_leases',
    sa.Column('shard', sa.Integer(), nullable=False),
    sa.Column('holder', sa.String(length=64), nullable=False),
    sa.Column('epoch', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('shard', name=op.f('pk_shard_leases'))
    )
    op.create_table('signals',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('venue', sa.String(length=50), nullable=False),
    sa.Column('symbol', sa.String(length=50), nullable=False),
    sa.Column('timeframe', sa.String(length=5), nullable=False),
    sa.Column('strategy', sa.String(length=50), nullable=False),
    sa.Column('side', sa.String(length=5), nullable=False),
    sa.Column('entry_price', sa.Numeric(precision=28, scale=10), nullable=False),
    sa.Column('stop_price', sa.Numeric(precision=28, scale=10), nullable=False),
    sa.Column('take_profit_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('confidence', sa.Numeric(precision=5, scale=4), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('features', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('bar_close', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signals')),
    sa.UniqueConstraint('venue', 'symbol', 'timeframe', 'strategy', 'bar_close', name=op.f('uq_signals_venue_symbol_timeframe_strategy_bar_close'))
    )
    op.create_index('ix_signals_created_at', 'signals', ['created_at'], unique=False)
    op.create_table('strategy_failures',
    sa.Column('venue', sa.String(length=50), nullable=False),
    sa.Column('symbol', sa.String(length=50), nullable=False),
    sa.Column('timeframe', sa.String(length=5), nullable=False),
    sa.Column('strategy', sa.String(length=50), nullable=False),
    sa.Column('bar_close', sa.DateTime(timezone=True), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='1', nullable=False),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('venue', 'symbol', 'timeframe', 'strategy', 'bar_close', name=op.f('pk_strategy_failures'))
    )
    op.create_table('users',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=False),
    sa.Column('email_verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('role', sa.String(length=20), server_default='user', nullable=False),
    sa.Column('time_zone', sa.String(length=64), server_default='UTC', nullable=False),
    sa.Column('risk_disclosure_accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("role IN ('user', 'admin')", name=op.f('ck_users_role')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users'))
    )
    op.create_index('uq_users_email_lower', 'users', [sa.literal_column('lower(email)')], unique=True)
    op.create_table('audit_log',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('actor', sa.String(length=50), nullable=False),
    sa.Column('action', sa.String(length=50), nullable=False),
    sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('previous_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_audit_log_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_log'))
    )
    op.create_index('ix_audit_log_user_id_id', 'audit_log', ['user_id', 'id'], unique=False)
    op.create_table('breaker_states',
    sa.Column('scope', sa.String(length=10), nullable=False),
    sa.Column('scope_id', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('changed_by', sa.String(length=50), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(scope IN ('platform','venue')) = (user_id IS NULL)", name=op.f('ck_breaker_states_user_id')),
    sa.CheckConstraint("scope IN ('platform','venue','user','wallet')", name=op.f('ck_breaker_states_scope')),
    sa.CheckConstraint("state IN ('active','reduce_only','halted')", name=op.f('ck_breaker_states_state')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_breaker_states_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('scope', 'scope_id', name=op.f('pk_breaker_states'))
    )
    op.create_index('ix_breaker_states_user_id', 'breaker_states', ['user_id'], unique=False)
    op.create_table('email_tokens',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("purpose IN ('verify_email', 'reset_password')", name=op.f('ck_email_tokens_purpose')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_email_tokens_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_email_tokens')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_email_tokens_token_hash'))
    )
    op.create_index(op.f('ix_email_tokens_user_id'), 'email_tokens', ['user_id'], unique=False)
    op.create_table('idempotency_keys',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('operation', sa.String(length=200), nullable=False),
    sa.Column('request_hash', sa.String(length=64), nullable=False),
    sa.Column('status_code', sa.Integer(), nullable=True),
    sa.Column('response_body', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_idempotency_keys_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'key', name=op.f('pk_idempotency_keys'))
    )
    op.create_table('outbox',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('shard', sa.Integer(), server_default='0', nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('wallet_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('dedupe_key', sa.String(length=120), nullable=True),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('available_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('processed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_outbox_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox'))
    )
    op.create_index('ix_outbox_pending', 'outbox', ['shard', 'id'], unique=False, postgresql_where=sa.text('processed_at IS NULL'))
    op.create_index('uq_outbox_dedupe_key', 'outbox', ['dedupe_key'], unique=True, postgresql_where=sa.text('processed_at IS NULL'))
    op.create_table('risk_settings',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('position_sizing_method', sa.String(length=20), server_default='fixed_percent', nullable=False),
    sa.Column('risk_per_trade_percent', sa.Numeric(precision=5, scale=2), server_default='1.0', nullable=False),
    sa.Column('fixed_amount_usd', sa.Numeric(precision=12, scale=2), server_default='200', nullable=False),
    sa.Column('kelly_fraction', sa.Numeric(precision=4, scale=3), server_default='0.25', nullable=False),
    sa.Column('max_position_size_usd', sa.Numeric(precision=12, scale=2), server_default='10000', nullable=True),
    sa.Column('max_position_size_percent', sa.Numeric(precision=5, scale=2), server_default='10.0', nullable=True),
    sa.Column('max_portfolio_heat', sa.Numeric(precision=7, scale=2), server_default='50.0', nullable=True),
    sa.Column('max_open_risk_percent', sa.Numeric(precision=5, scale=2), server_default='10.0', nullable=True),
    sa.Column('max_open_positions', sa.Integer(), server_default='5', nullable=True),
    sa.Column('max_leverage', sa.Integer(), server_default='10', nullable=True),
    sa.Column('max_daily_loss_usd', sa.Numeric(precision=12, scale=2), server_default='500', nullable=True),
    sa.Column('max_daily_loss_percent', sa.Numeric(precision=5, scale=2), server_default='5.0', nullable=True),
    sa.Column('max_weekly_loss_percent', sa.Numeric(precision=5, scale=2), server_default='10.0', nullable=True),
    sa.Column('max_monthly_loss_percent', sa.Numeric(precision=5, scale=2), server_default='20.0', nullable=True),
    sa.Column('min_risk_reward_ratio', sa.Numeric(precision=4, scale=2), server_default='1.5', nullable=True),
    sa.Column('max_correlated_positions', sa.Integer(), server_default='2', nullable=True),
    sa.Column('max_single_asset_exposure_percent', sa.Numeric(precision=5, scale=2), server_default='20.0', nullable=True),
    sa.Column('max_consecutive_losses', sa.Integer(), server_default='3', nullable=True),
    sa.Column('trading_paused', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('enable_trailing_stop', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('trailing_activation_percent', sa.Numeric(precision=5, scale=2), server_default='2.0', nullable=False),
    sa.Column('trailing_stop_percent', sa.Numeric(precision=5, scale=2), server_default='1.5', nullable=False),
    sa.Column('enable_scale_out', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('enable_pyramiding', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('min_signal_confidence', sa.Numeric(precision=3, scale=2), server_default='0.70', nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_risk_settings_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_risk_settings')),
    sa.UniqueConstraint('user_id', name=op.f('uq_risk_settings_user_id'))
    )
    op.create_table('sessions',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('user_agent', sa.String(length=300), nullable=True),
    sa.Column('ip_address', sa.String(length=64), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoke_reason', sa.String(length=50), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_sessions_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sessions')),
    sa.UniqueConstraint('user_id', 'id', name=op.f('uq_sessions_user_id_id'))
    )
    op.create_table('wallets',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('venue', sa.String(length=50), nullable=False),
    sa.Column('environment', sa.String(length=10), server_default='paper', nullable=False),
    sa.Column('status', sa.String(length=10), server_default='active', nullable=False),
    sa.Column('account_fingerprint', sa.String(length=64), nullable=False),
    sa.Column('key_last4', sa.String(length=4), nullable=True),
    sa.Column('api_key_ciphertext', sa.LargeBinary(), nullable=True),
    sa.Column('api_secret_ciphertext', sa.LargeBinary(), nullable=True),
    sa.Column('data_key_wrapped', sa.LargeBinary(), nullable=True),
    sa.Column('key_version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('shard', sa.Integer(), server_default='0', nullable=False),
    sa.Column('auto_trade_enabled', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('strategies', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('symbols', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('timeframes', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('entries_frozen_reason', sa.Text(), nullable=True),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("environment IN ('paper', 'live')", name=op.f('ck_wallets_environment')),
    sa.CheckConstraint("status IN ('active', 'archived')", name=op.f('ck_wallets_status')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_wallets_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wallets')),
    sa.UniqueConstraint('user_id', 'id', name=op.f('uq_wallets_user_id_id'))
    )
    op.create_index('ix_wallets_shard', 'wallets', ['shard'], unique=False)
    op.create_index('uq_wallets_user_id_name', 'wallets', ['user_id', 'name'], unique=True, postgresql_where=sa.text("status = 'active'"))
    op.create_index('uq_wallets_venue_account_fingerprint', 'wallets', ['venue', 'account_fingerprint'], unique=True, postgresql_where=sa.text("status = 'active'"))
    op.create_table('refresh_tokens',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id', 'session_id'], ['sessions.user_id', 'sessions.id'], name=op.f('fk_refresh_tokens_user_id_session_id_sessions'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refresh_tokens')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_refresh_tokens_token_hash'))
    )
    op.create_index('ix_refresh_tokens_user_id_session_id', 'refresh_tokens', ['user_id', 'session_id'], unique=False)
    op.create_table('risk_decisions',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('wallet_id', sa.Uuid(), nullable=False),
    sa.Column('signal_id', sa.Uuid(), nullable=False),
    sa.Column('trade_id', sa.Uuid(), nullable=True),
    sa.Column('approved', sa.Boolean(), nullable=False),
    sa.Column('breaches', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    sa.Column('quantity', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('notional', sa.Numeric(precision=28, scale=8), nullable=True),
    sa.Column('risk_amount', sa.Numeric(precision=28, scale=8), nullable=True),
    sa.Column('requested_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('binding_cap', sa.String(length=50), nullable=True),
    sa.Column('market_time', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['signal_id'], ['signals.id'], name=op.f('fk_risk_decisions_signal_id_signals')),
    sa.ForeignKeyConstraint(['user_id', 'wallet_id'], ['wallets.user_id', 'wallets.id'], name=op.f('fk_risk_decisions_user_id_wallet_id_wallets')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_risk_decisions')),
    sa.UniqueConstraint('wallet_id', 'signal_id', name=op.f('uq_risk_decisions_wallet_id_signal_id'))
    )
    op.create_index('ix_risk_decisions_user_id_created_at', 'risk_decisions', ['user_id', 'created_at', 'id'], unique=False)
    op.create_table('risk_state',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('environment', sa.String(length=10), nullable=False),
    sa.Column('wallet_id', sa.Uuid(), nullable=True),
    sa.Column('balance', sa.Numeric(precision=28, scale=8), nullable=True),
    sa.Column('equity', sa.Numeric(precision=28, scale=8), nullable=True),
    sa.Column('free_margin', sa.Numeric(precision=28, scale=8), nullable=True),
    sa.Column('balance_as_of', sa.DateTime(timezone=True), nullable=True),
    sa.Column('market_as_of', sa.DateTime(timezone=True), nullable=True),
    sa.Column('day_start', sa.DateTime(timezone=True), nullable=True),
    sa.Column('day_start_equity', sa.Numeric(precision=28, scale=8), nullable=True),
    sa.Column('day_flows', sa.Numeric(precision=28, scale=8), server_default='0', nullable=False),
    sa.Column('day_tripped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('consecutive_losses', sa.Integer(), server_default='0', nullable=False),
    sa.Column('external_notional', sa.Numeric(precision=28, scale=8), server_default='0', nullable=False),
    sa.Column('fills_watermark', sa.String(length=64), nullable=True),
    sa.Column('income_watermark_ms', sa.Numeric(precision=20, scale=0), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id', 'wallet_id'], ['wallets.user_id', 'wallets.id'], name=op.f('fk_risk_state_user_id_wallet_id_wallets'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_risk_state_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_risk_state')),
    sa.UniqueConstraint('user_id', 'environment', 'wallet_id', name=op.f('uq_risk_state_user_id_environment_wallet_id'), postgresql_nulls_not_distinct=True)
    )
    op.create_table('trades',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('wallet_id', sa.Uuid(), nullable=False),
    sa.Column('signal_id', sa.Uuid(), nullable=True),
    sa.Column('environment', sa.String(length=10), nullable=False),
    sa.Column('venue', sa.String(length=50), nullable=False),
    sa.Column('symbol', sa.String(length=50), nullable=False),
    sa.Column('strategy', sa.String(length=50), nullable=False),
    sa.Column('timeframe', sa.String(length=5), nullable=False),
    sa.Column('side', sa.String(length=5), nullable=False),
    sa.Column('status', sa.String(length=20), server_default='INTENT', nullable=False),
    sa.Column('planned_quantity', sa.Numeric(precision=28, scale=10), nullable=False),
    sa.Column('planned_entry_price', sa.Numeric(precision=28, scale=10), nullable=False),
    sa.Column('planned_notional', sa.Numeric(precision=28, scale=8), nullable=False),
    sa.Column('leverage', sa.Integer(), nullable=False),
    sa.Column('quantity', sa.Numeric(precision=28, scale=10), server_default='0', nullable=False),
    sa.Column('entry_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('exit_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('initial_stop_price', sa.Numeric(precision=28, scale=10), nullable=False),
    sa.Column('stop_price', sa.Numeric(precision=28, scale=10), nullable=False),
    sa.Column('take_profit_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('trailing_enabled', sa.Boolean(), nullable=False),
    sa.Column('trailing_activation_fraction', sa.Numeric(precision=9, scale=6), nullable=False),
    sa.Column('trailing_fraction', sa.Numeric(precision=9, scale=6), nullable=False),
    sa.Column('trailing_armed', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('extreme_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('max_holding_minutes', sa.Integer(), nullable=True),
    sa.Column('risk_amount', sa.Numeric(precision=28, scale=8), nullable=False),
    sa.Column('signal_confidence', sa.Numeric(precision=5, scale=4), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('exit_requested', sa.String(length=20), nullable=True),
    sa.Column('exit_reason', sa.String(length=20), nullable=True),
    sa.Column('realized_pnl', sa.Numeric(precision=28, scale=8), server_default='0', nullable=False),
    sa.Column('fees', sa.Numeric(precision=28, scale=8), server_default='0', nullable=False),
    sa.Column('funding', sa.Numeric(precision=28, scale=8), server_default='0', nullable=False),
    sa.Column('entry_slippage_bps', sa.Numeric(precision=12, scale=4), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('protected_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('unprotected_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("side IN ('long', 'short')", name=op.f('ck_trades_side')),
    sa.CheckConstraint("status IN ('INTENT','ENTERING','OPEN_UNPROTECTED','PROTECTED','EXITING','CLOSED','REJECTED','EXPIRED','NEEDS_OPERATOR')", name=op.f('ck_trades_status')),
    sa.CheckConstraint('planned_quantity > 0', name=op.f('ck_trades_planned_quantity')),
    sa.ForeignKeyConstraint(['signal_id'], ['signals.id'], name=op.f('fk_trades_signal_id_signals')),
    sa.ForeignKeyConstraint(['user_id', 'wallet_id'], ['wallets.user_id', 'wallets.id'], name=op.f('fk_trades_user_id_wallet_id_wallets')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trades')),
    sa.UniqueConstraint('user_id', 'id', name=op.f('uq_trades_user_id_id')),
    sa.UniqueConstraint('wallet_id', 'signal_id', name=op.f('uq_trades_wallet_id_signal_id'))
    )
    op.create_index('ix_trades_live', 'trades', ['status'], unique=False, postgresql_where=sa.text("status NOT IN ('CLOSED', 'REJECTED', 'EXPIRED')"))
    op.create_index('ix_trades_user_id_closed_at', 'trades', ['user_id', 'closed_at', 'id'], unique=False)
    op.create_index('ix_trades_user_id_status', 'trades', ['user_id', 'status'], unique=False)
    op.create_index('uq_trades_live_wallet_symbol', 'trades', ['wallet_id', 'symbol'], unique=True, postgresql_where=sa.text("status NOT IN ('CLOSED', 'REJECTED', 'EXPIRED')"))
    op.create_table('wallet_risk_settings',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('wallet_id', sa.Uuid(), nullable=False),
    sa.Column('position_sizing_method', sa.String(length=20), nullable=True),
    sa.Column('risk_per_trade_percent', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('fixed_amount_usd', sa.Numeric(precision=12, scale=2), nullable=True),
    sa.Column('max_position_size_usd', sa.Numeric(precision=12, scale=2), nullable=True),
    sa.Column('max_position_size_percent', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('max_portfolio_heat', sa.Numeric(precision=7, scale=2), nullable=True),
    sa.Column('max_open_risk_percent', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('max_open_positions', sa.Integer(), nullable=True),
    sa.Column('max_leverage', sa.Integer(), nullable=True),
    sa.Column('max_daily_loss_usd', sa.Numeric(precision=12, scale=2), nullable=True),
    sa.Column('max_daily_loss_percent', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('min_risk_reward_ratio', sa.Numeric(precision=4, scale=2), nullable=True),
    sa.Column('max_single_asset_exposure_percent', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('min_signal_confidence', sa.Numeric(precision=3, scale=2), nullable=True),
    sa.Column('enable_trailing_stop', sa.Boolean(), nullable=True),
    sa.Column('trailing_activation_percent', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('trailing_stop_percent', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('enable_scale_out', sa.Boolean(), nullable=True),
    sa.Column('max_holding_minutes', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id', 'wallet_id'], ['wallets.user_id', 'wallets.id'], name=op.f('fk_wallet_risk_settings_user_id_wallet_id_wallets'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wallet_risk_settings')),
    sa.UniqueConstraint('user_id', 'wallet_id', name=op.f('uq_wallet_risk_settings_user_id_wallet_id'))
    )
    op.create_table('execution_logs',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('timestamp', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('trade_id', sa.Uuid(), nullable=True),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('wallet_id', sa.Uuid(), nullable=False),
    sa.Column('symbol', sa.String(length=50), nullable=False),
    sa.Column('side', sa.String(length=4), nullable=True),
    sa.Column('client_order_id', sa.String(length=36), nullable=True),
    sa.Column('action', sa.String(length=50), nullable=False),
    sa.Column('order_type', sa.String(length=20), nullable=True),
    sa.Column('requested_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('executed_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('slippage_percent', sa.Numeric(precision=12, scale=4), nullable=True),
    sa.Column('slippage_bps', sa.Numeric(precision=14, scale=4), nullable=True),
    sa.Column('requested_size', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('filled_size', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('fill_percent', sa.Numeric(precision=7, scale=2), nullable=True),
    sa.Column('fees_paid', sa.Numeric(precision=28, scale=8), nullable=True),
    sa.Column('realized_pnl', sa.Numeric(precision=28, scale=8), nullable=True),
    sa.Column('execution_time_ms', sa.Integer(), nullable=True),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('error_message', sa.Text(), nullable=True),
    sa.Column('retry_count', sa.Integer(), server_default='0', nullable=False),
    sa.Column('market_volatility', sa.Numeric(precision=8, scale=4), nullable=True),
    sa.Column('market_liquidity', sa.Numeric(precision=20, scale=2), nullable=True),
    sa.Column('market_time', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id', 'trade_id'], ['trades.user_id', 'trades.id'], name=op.f('fk_execution_logs_user_id_trade_id_trades')),
    sa.ForeignKeyConstraint(['user_id', 'wallet_id'], ['wallets.user_id', 'wallets.id'], name=op.f('fk_execution_logs_user_id_wallet_id_wallets')),
    sa.PrimaryKeyConstraint('id', 'timestamp', name=op.f('pk_execution_logs')),
    postgresql_partition_by='RANGE (timestamp)'
    )
    op.create_index('ix_execution_logs_trade_id', 'execution_logs', ['trade_id'], unique=False)
    op.create_index('ix_execution_logs_user_id_timestamp', 'execution_logs', ['user_id', 'timestamp', 'id'], unique=False)
    op.create_table('fills',
    sa.Column('wallet_id', sa.Uuid(), nullable=False),
    sa.Column('symbol', sa.String(length=50), nullable=False),
    sa.Column('venue_trade_id', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('trade_id', sa.Uuid(), nullable=True),
    sa.Column('client_order_id', sa.String(length=36), nullable=True),
    sa.Column('exchange_order_id', sa.String(length=64), nullable=False),
    sa.Column('side', sa.String(length=4), nullable=False),
    sa.Column('quantity', sa.Numeric(precision=28, scale=10), nullable=False),
    sa.Column('price', sa.Numeric(precision=28, scale=10), nullable=False),
    sa.Column('fee', sa.Numeric(precision=28, scale=8), nullable=False),
    sa.Column('fee_currency', sa.String(length=10), nullable=False),
    sa.Column('venue_realized_pnl', sa.Numeric(precision=28, scale=8), nullable=False),
    sa.Column('is_maker', sa.Boolean(), nullable=False),
    sa.Column('executed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id', 'trade_id'], ['trades.user_id', 'trades.id'], name=op.f('fk_fills_user_id_trade_id_trades')),
    sa.ForeignKeyConstraint(['user_id', 'wallet_id'], ['wallets.user_id', 'wallets.id'], name=op.f('fk_fills_user_id_wallet_id_wallets')),
    sa.PrimaryKeyConstraint('wallet_id', 'symbol', 'venue_trade_id', name=op.f('pk_fills'))
    )
    op.create_index('ix_fills_trade_id', 'fills', ['trade_id'], unique=False)
    op.create_index('ix_fills_user_id_executed_at', 'fills', ['user_id', 'executed_at'], unique=False)
    op.create_table('ledger_events',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('wallet_id', sa.Uuid(), nullable=False),
    sa.Column('trade_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('amount', sa.Numeric(precision=28, scale=8), nullable=False),
    sa.Column('symbol', sa.String(length=50), nullable=True),
    sa.Column('venue_reference', sa.String(length=100), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("kind IN ('deposit','withdrawal','realized_pnl','commission','funding','liquidation')", name=op.f('ck_ledger_events_kind')),
    sa.ForeignKeyConstraint(['user_id', 'trade_id'], ['trades.user_id', 'trades.id'], name=op.f('fk_ledger_events_user_id_trade_id_trades')),
    sa.ForeignKeyConstraint(['user_id', 'wallet_id'], ['wallets.user_id', 'wallets.id'], name=op.f('fk_ledger_events_user_id_wallet_id_wallets')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_events')),
    sa.UniqueConstraint('wallet_id', 'kind', 'venue_reference', name=op.f('uq_ledger_events_wallet_id_kind_venue_reference'))
    )
    op.create_index('ix_ledger_events_user_id_wallet_id_occurred_at', 'ledger_events', ['user_id', 'wallet_id', 'occurred_at'], unique=False)
    op.create_table('orders',
    sa.Column('client_order_id', sa.String(length=36), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('wallet_id', sa.Uuid(), nullable=False),
    sa.Column('trade_id', sa.Uuid(), nullable=False),
    sa.Column('symbol', sa.String(length=50), nullable=False),
    sa.Column('leg', sa.String(length=10), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=20), server_default='INTENT', nullable=False),
    sa.Column('order_type', sa.String(length=20), nullable=False),
    sa.Column('side', sa.String(length=4), nullable=False),
    sa.Column('quantity', sa.Numeric(precision=28, scale=10), nullable=False),
    sa.Column('requested_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('limit_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('trigger_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('reduce_only', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('reason', sa.String(length=50), nullable=True),
    sa.Column('deadline', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_epoch', sa.Integer(), nullable=True),
    sa.Column('exchange_order_id', sa.String(length=64), nullable=True),
    sa.Column('triggered_order_id', sa.String(length=64), nullable=True),
    sa.Column('filled_quantity', sa.Numeric(precision=28, scale=10), server_default='0', nullable=False),
    sa.Column('average_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('replaced_by', sa.String(length=36), nullable=True),
    sa.Column('error_code', sa.String(length=64), nullable=True),
    sa.Column('error_message', sa.Text(), nullable=True),
    sa.Column('market_time', sa.DateTime(timezone=True), nullable=True),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("leg IN ('entry','stop','exit')", name=op.f('ck_orders_leg')),
    sa.CheckConstraint("side IN ('buy','sell')", name=op.f('ck_orders_side')),
    sa.CheckConstraint("status IN ('INTENT','SENDING','OPEN','PARTIAL','FILLED','CANCELED','REJECTED','NOT_ACCEPTED')", name=op.f('ck_orders_status')),
    sa.ForeignKeyConstraint(['user_id', 'trade_id'], ['trades.user_id', 'trades.id'], name=op.f('fk_orders_user_id_trade_id_trades')),
    sa.ForeignKeyConstraint(['user_id', 'wallet_id'], ['wallets.user_id', 'wallets.id'], name=op.f('fk_orders_user_id_wallet_id_wallets')),
    sa.PrimaryKeyConstraint('client_order_id', name=op.f('pk_orders')),
    sa.UniqueConstraint('trade_id', 'leg', 'attempt', name=op.f('uq_orders_trade_id_leg_attempt')),
    sa.UniqueConstraint('user_id', 'client_order_id', name=op.f('uq_orders_user_id_client_order_id'))
    )
    op.create_index('ix_orders_user_id_created_at', 'orders', ['user_id', 'created_at'], unique=False)
    op.create_index('uq_orders_one_entry', 'orders', ['trade_id'], unique=True, postgresql_where=sa.text("leg = 'entry' AND status IN ('INTENT','SENDING','OPEN','PARTIAL','FILLED')"))
    op.create_index('uq_orders_one_working', 'orders', ['trade_id', 'leg'], unique=True, postgresql_where=sa.text("status IN ('INTENT','SENDING','OPEN','PARTIAL') AND replaced_by IS NULL"))
    for statement in tenancy.statements():
        op.execute(statement)


def downgrade() -> None:
    op.drop_index('uq_orders_one_working', table_name='orders', postgresql_where=sa.text("status IN ('INTENT','SENDING','OPEN','PARTIAL') AND replaced_by IS NULL"))
    op.drop_index('uq_orders_one_entry', table_name='orders', postgresql_where=sa.text("leg = 'entry' AND status IN ('INTENT','SENDING','OPEN','PARTIAL','FILLED')"))
    op.drop_index('ix_orders_user_id_created_at', table_name='orders')
    op.drop_table('orders')
    op.drop_index('ix_ledger_events_user_id_wallet_id_occurred_at', table_name='ledger_events')
    op.drop_table('ledger_events')
    op.drop_index('ix_fills_user_id_executed_at', table_name='fills')
    op.drop_index('ix_fills_trade_id', table_name='fills')
    op.drop_table('fills')
    op.drop_index('ix_execution_logs_user_id_timestamp', table_name='execution_logs')
    op.drop_index('ix_execution_logs_trade_id', table_name='execution_logs')
    op.drop_table('execution_logs')
    op.drop_table('wallet_risk_settings')
    op.drop_index('uq_trades_live_wallet_symbol', table_name='trades', postgresql_where=sa.text("status NOT IN ('CLOSED', 'REJECTED', 'EXPIRED')"))
    op.drop_index('ix_trades_user_id_status', table_name='trades')
    op.drop_index('ix_trades_user_id_closed_at', table_name='trades')
    op.drop_index('ix_trades_live', table_name='trades', postgresql_where=sa.text("status NOT IN ('CLOSED', 'REJECTED', 'EXPIRED')"))
    op.drop_table('trades')
    op.drop_table('risk_state')
    op.drop_index('ix_risk_decisions_user_id_created_at', table_name='risk_decisions')
    op.drop_table('risk_decisions')
    op.drop_index('ix_refresh_tokens_user_id_session_id', table_name='refresh_tokens')
    op.drop_table('refresh_tokens')
    op.drop_index('uq_wallets_venue_account_fingerprint', table_name='wallets', postgresql_where=sa.text("status = 'active'"))
    op.drop_index('uq_wallets_user_id_name', table_name='wallets', postgresql_where=sa.text("status = 'active'"))
    op.drop_index('ix_wallets_shard', table_name='wallets')
    op.drop_table('wallets')
    op.drop_table('sessions')
    op.drop_table('risk_settings')
    op.drop_index('uq_outbox_dedupe_key', table_name='outbox', postgresql_where=sa.text('processed_at IS NULL'))
    op.drop_index('ix_outbox_pending', table_name='outbox', postgresql_where=sa.text('processed_at IS NULL'))
    op.drop_table('outbox')
    op.drop_table('idempotency_keys')
    op.drop_index(op.f('ix_email_tokens_user_id'), table_name='email_tokens')
    op.drop_table('email_tokens')
    op.drop_index('ix_breaker_states_user_id', table_name='breaker_states')
    op.drop_table('breaker_states')
    op.drop_index('ix_audit_log_user_id_id', table_name='audit_log')
    op.drop_table('audit_log')
    op.drop_index('uq_users_email_lower', table_name='users')
    op.drop_table('users')
    op.drop_table('strategy_failures')
    op.drop_index('ix_signals_created_at', table_name='signals')
    op.drop_table('signals')
    op.drop_table('shard_leases')
    op.drop_table('candles')
    for statement in tenancy.undo_statements():
        op.execute(statement)
