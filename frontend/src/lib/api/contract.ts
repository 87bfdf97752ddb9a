// The shapes of the API, written by hand until the generated client covers them (see scripts/gen-api.mjs).

/** A decimal number in text, exactly as the server computed it. */
export type Decimal = string
/** A moment, ISO 8601, UTC. */
export type Instant = string

export type Environment = 'paper' | 'live'
export type PositionSide = 'long' | 'short'
export type TradingState = 'active' | 'reduce_only' | 'halted'

export interface Session {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in: number
}
export interface Message {
  readonly message: string
}
export interface SignInSession {
  readonly id: string
  readonly created_at: Instant
  readonly last_used_at: Instant | null
  readonly user_agent: string | null
  readonly current: boolean
}
export interface Me {
  readonly id: string
  readonly email: string
  readonly email_verified: boolean
  readonly role: string
  readonly time_zone: string
  readonly created_at: Instant
}
export interface Venue {
  readonly id: string
  readonly name: string
  readonly environment: ReadonlyArray<Environment>
  readonly needs_keys: boolean
}
export interface Market {
  readonly symbol: string
  readonly venue: string
  readonly tick_size: Decimal
  readonly quantity_step: Decimal
  readonly min_notional: Decimal
  readonly max_leverage: number
}
export interface Strategy {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly timeframes: ReadonlyArray<string>
}
export interface Subscriptions {
  readonly strategies: ReadonlyArray<string>
  readonly symbols: ReadonlyArray<string>
  readonly timeframes: ReadonlyArray<string>
}
export interface WalletOverrides {
  readonly min_signal_confidence?: Decimal | null
  readonly enable_trailing_stop?: boolean | null
  readonly enable_scale_out?: boolean | null
  readonly risk_per_trade_percent?: Decimal | null
  readonly max_position_size_usd?: Decimal | null
  readonly max_position_size_percent?: Decimal | null
  readonly max_portfolio_heat?: Decimal | null
  readonly max_open_positions?: number | null
  readonly max_leverage?: number | null
  readonly max_daily_loss_usd?: Decimal | null
  readonly max_daily_loss_percent?: Decimal | null
}
export interface Wallet {
  readonly id: string
  readonly name: string
  readonly venue: string
  readonly environment: Environment
  readonly status: 'active' | 'archived'
  readonly key_last4: string | null
  readonly auto_trade_enabled: boolean
  readonly subscriptions: Subscriptions
  readonly overrides: WalletOverrides
  readonly balance: Decimal | null
  readonly equity: Decimal | null
  readonly free_margin: Decimal | null
  readonly unrealized_pnl: Decimal | null
  readonly as_of: Instant | null
  readonly open_positions: number
  readonly created_at: Instant
}
export interface CreateWallet {
  readonly name: string
  readonly venue: string
  readonly environment: Environment
  readonly api_key?: string
  readonly api_secret?: string
  readonly initial_deposit?: Decimal
}
export interface EnableAutoTrade extends WalletOverrides {
  readonly strategies?: ReadonlyArray<string>
  readonly symbols?: ReadonlyArray<string>
  readonly timeframes?: ReadonlyArray<string>
}

export type SizingMethod = 'fixed_percent' | 'kelly' | 'risk_parity' | 'fixed_amount'
export interface RiskSettings {
  readonly position_sizing_method: SizingMethod
  readonly risk_per_trade_percent: Decimal
  readonly fixed_amount_usd: Decimal
  readonly max_position_size_usd: Decimal | null
  readonly max_position_size_percent: Decimal | null
  readonly max_portfolio_heat: Decimal | null
  readonly max_open_positions: number | null
  readonly max_leverage: number | null
  readonly max_daily_loss_usd: Decimal | null
  readonly max_daily_loss_percent: Decimal | null
  readonly max_weekly_loss_percent: Decimal | null
  readonly max_monthly_loss_percent: Decimal | null
  readonly min_risk_reward_ratio: Decimal | null
  readonly max_correlated_positions: number | null
  readonly max_single_asset_exposure_percent: Decimal | null
  readonly max_consecutive_losses: number | null
  readonly trading_paused: boolean
  readonly enable_trailing_stop: boolean
  readonly trailing_stop_percent: Decimal
  readonly trailing_activation_percent: Decimal
  readonly enable_scale_out: boolean
  readonly enable_pyramiding: boolean
  readonly min_signal_confidence: Decimal | null
  readonly version: number
  readonly updated_at: Instant
}
export interface LimitUse {
  readonly name: string
  readonly used: Decimal | null
  readonly limit: Decimal | null
  readonly unit: string
  readonly resets_at: Instant | null
  readonly tripped: boolean
}
export interface EnvironmentRisk {
  readonly environment: Environment
  readonly trading_state: TradingState
  readonly reason: string | null
  readonly as_of: Instant | null
  readonly equity: Decimal | null
  readonly exposure_heat_percent: Decimal | null
  readonly open_risk_percent: Decimal | null
  readonly open_positions: number
  readonly limits: ReadonlyArray<LimitUse>
  readonly day_pnl: Decimal | null
}
export interface RiskStatus {
  readonly environments: ReadonlyArray<EnvironmentRisk>
}
export interface Breach {
  readonly code: string
  readonly message: string
  readonly limit: Decimal | null
  readonly value: Decimal | null
}
export interface Decision {
  readonly id: string
  readonly created_at: Instant
  readonly market_time: Instant | null
  readonly wallet_id: string
  readonly signal_id: string | null
  readonly symbol: string
  readonly side: PositionSide
  readonly strategy: string
  readonly timeframe: string
  readonly confidence: Decimal | null
  readonly approved: boolean
  readonly breaches: ReadonlyArray<Breach>
  readonly quantity: Decimal | null
  readonly notional: Decimal | null
  readonly binding_cap: string | null
}
export interface Page<Item> {
  readonly items: ReadonlyArray<Item>
  readonly next_cursor: string | null
}
export interface Items<Item> {
  readonly items: ReadonlyArray<Item>
}
export interface WalletState {
  readonly wallet_id: string
  readonly state: TradingState
  readonly reason: string | null
}
export interface BreakerStatus {
  readonly state: TradingState
  readonly reason: string | null
  readonly changed_by: string | null
  readonly changed_at: Instant | null
  readonly until: Instant | null
  readonly wallets: ReadonlyArray<WalletState>
}
export interface Trailing {
  readonly enabled: boolean
  readonly activation_price: Decimal | null
  readonly armed: boolean
  readonly trail_percent: Decimal | null
}
export interface Position {
  readonly id: string
  readonly wallet_id: string
  readonly wallet_name: string
  readonly environment: Environment
  readonly venue: string
  readonly symbol: string
  readonly side: PositionSide
  readonly strategy: string
  readonly timeframe: string
  readonly status: string
  readonly quantity: Decimal
  readonly entry_price: Decimal | null
  readonly initial_stop_price: Decimal | null
  readonly stop_price: Decimal | null
  readonly take_profit_price: Decimal | null
  readonly mark_price: Decimal | null
  readonly unrealized_pnl: Decimal | null
  readonly unrealized_percent: Decimal | null
  readonly r_multiple: Decimal | null
  readonly risk_amount: Decimal | null
  readonly open_risk: Decimal | null
  readonly trailing: Trailing
  readonly protected: boolean
  readonly signal_confidence: Decimal | null
  readonly reason: string | null
  readonly opened_at: Instant | null
  readonly next_rule: string | null
}
export interface StopMove {
  readonly at: Instant
  readonly stop_price: Decimal
}
export interface TradeEvent {
  readonly at: Instant
  readonly kind: string
  readonly message: string
}
export interface PositionDetail extends Position {
  readonly stop_history: ReadonlyArray<StopMove>
  readonly events: ReadonlyArray<TradeEvent>
}
export interface Trade extends Position {
  readonly exit_price: Decimal | null
  readonly exit_reason: string | null
  readonly realized_pnl: Decimal | null
  readonly fees: Decimal | null
  readonly funding: Decimal | null
  readonly net_pnl: Decimal | null
  readonly closed_at: Instant | null
  readonly slippage_bps: Decimal | null
}
export interface OrderRow {
  readonly client_order_id: string
  readonly exchange_order_id: string | null
  readonly leg: string
  readonly attempt: number
  readonly status: string
  readonly order_type: string
  readonly side: 'buy' | 'sell'
  readonly quantity: Decimal
  readonly filled_quantity: Decimal
  readonly requested_price: Decimal | null
  readonly trigger_price: Decimal | null
  readonly average_price: Decimal | null
  readonly reduce_only: boolean
  readonly reason: string | null
  readonly error_code: string | null
  readonly error_message: string | null
  readonly created_at: Instant
  readonly sent_at: Instant | null
  readonly accepted_at: Instant | null
}
export interface FillRow {
  readonly venue_trade_id: string
  readonly client_order_id: string | null
  readonly side: 'buy' | 'sell'
  readonly quantity: Decimal
  readonly price: Decimal
  readonly fee: Decimal
  readonly fee_currency: string
  readonly executed_at: Instant
}
export interface Execution {
  readonly id: string
  readonly timestamp: Instant
  readonly market_time: Instant | null
  readonly trade_id: string | null
  readonly wallet_id: string
  readonly symbol: string
  readonly side: 'buy' | 'sell' | null
  readonly action: string
  readonly order_type: string | null
  readonly requested_price: Decimal | null
  readonly executed_price: Decimal | null
  readonly slippage_percent: Decimal | null
  readonly slippage_bps: Decimal | null
  readonly requested_size: Decimal | null
  readonly filled_size: Decimal | null
  readonly fill_percent: Decimal | null
  readonly fees_paid: Decimal | null
  readonly execution_time_ms: number | null
  readonly status: string
  readonly error_message: string | null
  readonly retry_count: number
  readonly client_order_id: string | null
  readonly realized_pnl: Decimal | null
}
export interface TradeDetail extends Trade {
  readonly orders: ReadonlyArray<OrderRow>
  readonly fills: ReadonlyArray<FillRow>
  readonly logs: ReadonlyArray<Execution>
}
export interface Signal {
  readonly id: string
  readonly venue: string
  readonly symbol: string
  readonly timeframe: string
  readonly strategy: string
  readonly side: PositionSide
  readonly entry_price: Decimal
  readonly stop_price: Decimal
  readonly take_profit_price: Decimal | null
  readonly confidence: Decimal
  readonly reason: string
  readonly bar_close: Instant
  readonly created_at: Instant
}
/** [open time in ms, open, high, low, close, volume] */
export type Candle = readonly [number, Decimal, Decimal, Decimal, Decimal, Decimal]

interface Operation<Path, Query, Body, Result> {
  readonly path: Path
  readonly query: Query
  readonly body: Body
  readonly result: Result
}
type None = Record<never, never>
type OnWallet = { readonly wallet_id: string }
interface Paging {
  readonly limit?: number
  readonly cursor?: string
}

export interface Endpoints {
  'POST /auth/sign-up': Operation<
    None,
    None,
    { email: string; password: string; time_zone: string; accept_risk_disclosure: boolean },
    Message
  >
  'POST /auth/verify-email': Operation<None, None, { token: string }, undefined>
  'POST /auth/password-reset': Operation<None, None, { email: string }, Message>
  'POST /auth/password-reset/confirm': Operation<None, None, { token: string; password: string }, undefined>
  'POST /auth/sign-in': Operation<None, None, { email: string; password: string }, Session>
  'POST /auth/refresh': Operation<None, None, undefined, Session>
  'POST /auth/sign-out': Operation<None, None, undefined, undefined>
  'GET /auth/sessions': Operation<None, None, undefined, Items<SignInSession>>
  'DELETE /auth/sessions/{session_id}': Operation<{ session_id: string }, None, undefined, undefined>
  'GET /me': Operation<None, None, undefined, Me>
  'GET /venues': Operation<None, None, undefined, Items<Venue>>
  'GET /markets': Operation<None, { venue?: string }, undefined, Items<Market>>
  'GET /strategies': Operation<None, None, undefined, Items<Strategy>>
  'GET /wallets': Operation<None, None, undefined, Items<Wallet>>
  'POST /wallets': Operation<None, None, CreateWallet, Wallet>
  'PATCH /wallets/{wallet_id}': Operation<OnWallet, None, { name: string }, Wallet>
  'POST /wallets/{wallet_id}/archive': Operation<OnWallet, None, undefined, Wallet>
  'POST /wallets/{wallet_id}/deposit': Operation<OnWallet, None, { amount: Decimal }, Wallet>
  'POST /wallets/{wallet_id}/auto-trade/enable': Operation<OnWallet, None, EnableAutoTrade, Wallet>
  'POST /wallets/{wallet_id}/auto-trade/disable': Operation<OnWallet, None, undefined, Wallet>
  'GET /risk/settings': Operation<None, None, undefined, RiskSettings>
  'PATCH /risk/settings': Operation<None, None, Partial<RiskSettings>, RiskSettings>
  'DELETE /risk/settings': Operation<None, None, undefined, RiskSettings | undefined>
  'GET /risk/status': Operation<None, None, undefined, RiskStatus>
  'GET /risk/decisions': Operation<None, Paging, undefined, Page<Decision>>
  'GET /circuit-breaker/status': Operation<None, None, undefined, BreakerStatus>
  'POST /circuit-breaker/pause': Operation<
    None,
    None,
    { reason?: string; wallet_id?: string },
    BreakerStatus | undefined
  >
  'POST /circuit-breaker/resume': Operation<
    None,
    None,
    { acknowledge: true; wallet_id?: string },
    BreakerStatus | undefined
  >
  'GET /positions': Operation<
    None,
    { wallet_id?: string },
    undefined,
    { items: ReadonlyArray<Position>; as_of: Instant | null }
  >
  'GET /positions/{trade_id}': Operation<{ trade_id: string }, None, undefined, PositionDetail>
  'POST /positions/{trade_id}/close': Operation<{ trade_id: string }, None, undefined, Position>
  'GET /trades': Operation<
    None,
    Paging & { status?: string; wallet_id?: string; symbol?: string },
    undefined,
    Page<Trade>
  >
  'GET /trades/{trade_id}': Operation<{ trade_id: string }, None, undefined, TradeDetail>
  'GET /execution/logs': Operation<
    None,
    Paging & { wallet_id?: string; symbol?: string; status?: string },
    undefined,
    Page<Execution>
  >
  'GET /signals': Operation<None, { limit?: number }, undefined, Items<Signal>>
  'GET /market/candles': Operation<
    None,
    { venue: string; symbol: string; timeframe: string; limit?: number },
    undefined,
    Items<Candle>
  >
  'POST /stream/ticket': Operation<None, None, undefined, { ticket: string; expires_in: number }>
}
