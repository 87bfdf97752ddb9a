// A small account for looking at the pages without the API: three positions, a journal, decisions, prices that move.
const BASE = {
  'BTC/USDT:USDT': 41259.87,
  'ETH/USDT:USDT': 2288.41,
  'SOL/USDT:USDT': 96.314,
  'XRP/USDT:USDT': 0.6212,
  'DOGE/USDT:USDT': 0.08142,
}
const TICKS = {
  'BTC/USDT:USDT': '0.10',
  'ETH/USDT:USDT': '0.01',
  'SOL/USDT:USDT': '0.001',
  'XRP/USDT:USDT': '0.0001',
  'DOGE/USDT:USDT': '0.00001',
}
export const SYMBOLS = Object.keys(BASE)
export const NOW = Date.now()
const iso = (ms) => new Date(ms).toISOString()
const places = (symbol) => TICKS[symbol].split('.')[1].length
const text = (value, digits) => value.toFixed(digits)

let seed = 11
export function random() {
  seed = (seed * 1664525 + 1013904223) >>> 0
  return seed / 4294967296
}

export const prices = Object.fromEntries(SYMBOLS.map((symbol) => [symbol, BASE[symbol]]))
export function tickPrices() {
  for (const symbol of SYMBOLS) prices[symbol] *= 1 + (random() - 0.5) * 0.0006
}
export function quotes() {
  const time = Date.now()
  return Object.fromEntries(
    SYMBOLS.map((symbol) => [
      symbol,
      { mark: text(prices[symbol], places(symbol)), last: text(prices[symbol], places(symbol)), market_time: time },
    ]),
  )
}

export const wallets = [
  {
    id: 'w1',
    name: 'Paper main',
    venue: 'paper',
    environment: 'paper',
    status: 'active',
    key_last4: null,
    auto_trade_enabled: true,
    subscriptions: { strategies: ['ema_trend', 'donchian_breakout'], symbols: SYMBOLS, timeframes: ['1m', '5m'] },
    overrides: {
      min_signal_confidence: '0.7500',
      enable_trailing_stop: true,
      enable_scale_out: null,
      enable_dca: null,
    },
    balance: '10184.22',
    equity: '10412.63',
    free_margin: '7120.44',
    unrealized_pnl: '228.41',
    as_of: iso(NOW),
    open_positions: 3,
    created_at: iso(NOW - 9e7),
  },
  {
    id: 'w2',
    name: 'Paper careful',
    venue: 'paper',
    environment: 'paper',
    status: 'active',
    key_last4: null,
    auto_trade_enabled: false,
    subscriptions: { strategies: [], symbols: [], timeframes: [] },
    overrides: {},
    balance: '5000',
    equity: '5000',
    free_margin: '5000',
    unrealized_pnl: '0',
    as_of: iso(NOW),
    open_positions: 0,
    created_at: iso(NOW - 8e7),
  },
]

function position(id, symbol, side, quantity, entry, initial, stop, target, more = {}) {
  const digits = places(symbol)
  const dir = side === 'long' ? 1 : -1
  const pnl = (prices[symbol] - entry) * dir * quantity
  const risk = Math.abs(entry - initial) * quantity
  return {
    id,
    wallet_id: 'w1',
    wallet_name: 'Paper main',
    environment: 'paper',
    venue: 'paper',
    symbol,
    side,
    strategy: 'ema_trend',
    timeframe: '1m',
    status: 'PROTECTED',
    quantity: String(quantity),
    entry_price: text(entry, digits),
    initial_stop_price: text(initial, digits),
    stop_price: text(stop, digits),
    take_profit_price: text(target, digits),
    mark_price: text(prices[symbol], digits),
    unrealized_pnl: text(pnl, 4),
    unrealized_percent: text(((prices[symbol] - entry) / entry) * dir * 100, 4),
    r_multiple: text(pnl / risk, 4),
    net_pnl: '-0.9107',
    risk_amount: text(risk, 4),
    open_risk: text(Math.max(0, (entry - stop) * dir * quantity), 4),
    trailing: {
      enabled: true,
      activation_price: text(entry * (1 + 0.02 * dir), digits),
      armed: false,
      trail_percent: '1.5',
    },
    protected: true,
    signal_confidence: '0.8213',
    reason:
      'EMA 12 crossed above EMA 26 with ADX 24.3, above 18: an upward trend with strength. Stop 2 ATR away, target 3R.',
    opened_at: iso(NOW - 6.2e6),
    awaits_yes_until: null,
    next_rule: `trailing arms at ${text(entry * (1 + 0.02 * dir), digits)}`,
    ladder: null,
    ...more,
  }
}
export const positions = [
  position('p1', 'BTC/USDT:USDT', 'long', 0.42, 40190.8, 39780, 40763.1, 41422.9, {
    trailing: { enabled: true, activation_price: '40994.6', armed: true, trail_percent: '1.5' },
    next_rule: 'stop trails 1.5 % behind the best price; target 41,422.9',
  }),
  position('p2', 'ETH/USDT:USDT', 'short', 6.5, 2261.2, 2306.4, 2306.4, 2125.6, {
    strategy: 'donchian_breakout',
    timeframe: '5m',
    next_rule: 'adds step 1 of its ladder at 2,276.2; trails 1.5 % once the price reaches 2,216',
    ladder: { step: 1, price: '2276.2', notional: '29690.7', risk_amount: '341.2' },
  }),
  position('p3', 'SOL/USDT:USDT', 'long', 120, 94.1, 92.2, 92.2, 99.8, {
    protected: false,
    status: 'OPEN_UNPROTECTED',
    next_rule: 'the stop is being placed',
  }),
]
export function detailOf(one) {
  const moved = one.stop_price !== one.initial_stop_price
  const start = NOW - 6.2e6
  const from = Number(one.initial_stop_price)
  const to = Number(one.stop_price)
  const steps = moved ? 7 : 0
  const history = Array.from({ length: steps + 1 }, (_, i) => ({
    at: iso(start + i * 6e5),
    stop_price: (from + ((to - from) * i) / Math.max(1, steps)).toFixed(1),
  }))
  return {
    ...one,
    stop_history: history,
    reactions: history.slice(1).map((move) => ({
      ...move,
      rule: 'trailing_stop',
      action: 'move_stop',
      mark_price: move.stop_price,
      step: null,
    })),
    events: [
      { at: iso(start), kind: 'entry', message: `entry filled: ${one.quantity} at ${one.entry_price}` },
      { at: iso(start + 900), kind: 'stop', message: `stop placed at ${one.initial_stop_price}` },
      ...history
        .slice(1)
        .map((move) => ({ at: move.at, kind: 'move_stop', message: `stop moved to ${move.stop_price}` })),
    ],
  }
}

const WHY = ['stop_loss', 'trailing_stop', 'take_profit', 'manual', 'time_exit']
export const executions = Array.from({ length: 640 }, (_, i) => {
  const symbol = SYMBOLS[Math.floor(random() * 5)]
  const digits = places(symbol)
  const price = BASE[symbol] * (0.95 + random() * 0.1)
  const bps = (random() - 0.35) * 8
  const action = ['entry', 'stop_placed', 'exit', 'stop_moved'][i % 4]
  const rejected = i % 37 === 5
  const filled = !rejected && (action === 'entry' || action === 'exit')
  const size = (random() * 3).toFixed(3)
  return {
    id: `e${i}`,
    timestamp: iso(NOW - i * 47_000),
    market_time: iso(NOW - i * 47_000),
    trade_id: `t${i >> 2}`,
    wallet_id: i % 5 === 0 ? 'w2' : 'w1',
    symbol,
    side: i % 2 ? 'buy' : 'sell',
    action,
    order_type: action.startsWith('stop') ? 'stop_market' : 'market',
    requested_price: price.toFixed(digits),
    executed_price: filled ? (price * (1 + bps / 1e4)).toFixed(digits) : null,
    slippage_percent: filled ? (bps / 100).toFixed(4) : null,
    slippage_bps: filled ? bps.toFixed(4) : null,
    requested_size: size,
    filled_size: filled ? size : '0',
    fill_percent: filled ? '100' : '0',
    fees_paid: filled ? (price * 0.0004).toFixed(6) : '0',
    execution_time_ms: Math.round(20 + random() * 380),
    status: rejected ? 'rejected' : filled ? 'filled' : 'open',
    error_message: rejected ? 'The venue refused: margin is insufficient (-2019).' : null,
    retry_count: i % 50 === 3 ? 2 : 0,
    client_order_id: `sa${String(i >> 2).padStart(6, '0')}-${action.slice(0, 2)}`,
    realized_pnl: filled && action === 'exit' ? ((random() - 0.44) * 300).toFixed(4) : null,
    venue: 'paper',
    exchange_order_id: String(40_000 + i),
    outcome: i % 41 === 7 ? 'looked_up' : 'answered',
    error_code: rejected ? '-2019' : null,
    route: action === 'entry' ? (i % 3 ? 'market' : 'capped') : null,
    route_reason: action === 'entry' ? '2.1 bps expected, 30.0 allowed: at market' : null,
    expected_slippage_bps: action === 'entry' ? '2.1' : null,
    spread_bps: action === 'entry' ? '0.8' : null,
    market_volatility: action === 'entry' ? '1.0231' : null,
    market_liquidity: action === 'entry' ? '2481002.22' : null,
    gate_ms: '31.2',
    network_ms: '1.42',
    venue_ms: '0.913',
  }
})
const slipped = (key, n, mean) => ({
  key,
  n,
  mean_bps: n ? String(mean) : null,
  median_bps: n ? String(mean - 0.2) : null,
  p95_bps: n ? String(mean + 4.1) : null,
  worst_bps: n ? String(mean + 9.6) : null,
})
export const executionStats = {
  begin: iso(NOW - 30 * 86_400_000),
  end: iso(NOW),
  slippage: {
    all: slipped('', 1204, 1.3),
    by_symbol: SYMBOLS.map((symbol, i) => slipped(symbol, 400 - i * 70, 0.8 + i)),
    by_venue: [slipped('paper', 1204, 1.3)],
    by_order_type: [slipped('limit', 210, 0.9), slipped('market', 994, 1.4)],
    by_hour: Array.from({ length: 24 }, (_, hour) => slipped(String(hour), 50, 1 + (hour % 5) / 4)),
    by_size: [slipped('1,000 to 10,000', 1100, 1.2), slipped('10,000 to 100,000', 104, 2.6)],
  },
  fills: {
    orders_sent: 1210,
    orders_filled: 1204,
    orders_filled_whole: 1198,
    fill_percent: '99.5',
    mean_filled_percent: '99.7',
    fees: '1204.55120001',
    traded_notional: '2481002.22',
    fees_bps: '4.86',
  },
  latency: {
    gate: { n: 602, p50_ms: '31.2', p95_ms: '48.11', p99_ms: '81.02' },
    network: { n: 1806, p50_ms: '1.4', p95_ms: '2.9', p99_ms: '7.75' },
    venue: { n: 0, p50_ms: null, p95_ms: null, p99_ms: null },
    sent_to_recorded: { n: 1806, p50_ms: '9', p95_ms: '15', p99_ms: '32' },
  },
  attempts: { lines: 1832, answered: 1795, looked_up: 11, refused: 26, observed: 0, orders_retried: 7, retries: 9 },
  refusals: [
    { code: 'signal_confidence', n: 212 },
    { code: 'max_open_positions', n: 96 },
    { code: 'book_too_thin', n: 14 },
    { code: 'price_moved', n: 9 },
  ],
}
export const executionSettings = {
  max_slippage: '30',
  max_slippage_unit: 'bps',
  max_deviation: '50',
  max_deviation_unit: 'bps',
  retry_attempts: 3,
  retry_delay_seconds: '1',
  execution_timeout_seconds: '30',
  use_market_orders: true,
  confirm_trades: false,
  confirm_seconds: 120,
  version: 1,
  updated_at: null,
}
export const trades = Array.from({ length: 160 }, (_, i) => {
  const symbol = SYMBOLS[i % 5]
  const entry = BASE[symbol] * (0.96 + random() * 0.08)
  const side = i % 3 ? 'long' : 'short'
  const dir = side === 'long' ? 1 : -1
  const base = position(
    `t${i}`,
    symbol,
    side,
    1,
    entry,
    entry * (1 - 0.01 * dir),
    entry * (1 + 0.004 * dir),
    entry * (1 + 0.03 * dir),
  )
  const net = (random() - 0.44) * 240
  return {
    ...base,
    status: 'CLOSED',
    mark_price: null,
    unrealized_pnl: null,
    unrealized_percent: null,
    open_risk: null,
    protected: false,
    r_multiple: (net / 100).toFixed(4),
    exit_price: (entry * 1.002).toFixed(places(symbol)),
    exit_reason: WHY[i % 5],
    realized_pnl: (net + 1.9).toFixed(4),
    fees: '1.8213',
    funding: '-0.0787',
    net_pnl: net.toFixed(4),
    opened_at: iso(NOW - i * 188_000 - 4e6),
    closed_at: iso(NOW - i * 188_000),
    slippage_bps: ((random() - 0.3) * 6).toFixed(4),
  }
})
export function manualTrades(empty) {
  const effects = ['closed_ours', 'opened_own', 'reduced_ours', 'reduced_own']
  const items = trades.slice(0, empty ? 0 : 24).map((trade, i) => {
    const ours = i % 2 === 0
    const state = ours ? ['resolved', 'resolved', 'pending', 'unresolved'][(i / 2) % 4] : 'none'
    const resolved = state === 'resolved'
    return {
      id: `hand-${i}`,
      position_id: ours ? trade.id : null,
      wallet_id: trade.wallet_id,
      environment: trade.environment,
      venue: trade.venue,
      symbol: trade.symbol,
      effect: effects[i % 4],
      side: trade.side === 'long' ? 'sell' : 'buy',
      quantity: trade.quantity,
      entry_price: ours ? trade.entry_price : null,
      exit_price: trade.exit_price,
      fees: '1.2345',
      pnl: trade.net_pnl,
      strategy: ours ? trade.strategy : null,
      confidence: ours ? '0.8' : null,
      manual_closure: ours,
      closure_reason: ours ? 'MANUAL_INTERVENTION' : null,
      duration_minutes: ours ? '84.5' : null,
      executed_at: trade.closed_at,
      detected_at: trade.closed_at,
      counterfactual: state,
      rules_exit_at: resolved ? trade.closed_at : null,
      rules_exit_price: resolved ? trade.entry_price : null,
      rules_exit_reason: resolved ? ['take_profit', 'stop_loss'][(i / 2) % 2] : null,
      rules_pnl: resolved ? '-12.40' : null,
    }
  })
  return { items, next_cursor: null, manual_trades_detected: items.length, successful_matches: items.length / 2 }
}

export function tradeDetail(id) {
  const trade = trades.find((one) => one.id === id) ?? { ...trades[0], id }
  const logs = executions.filter((row) => row.trade_id === id)
  const at = (offset) => iso(new Date(trade.opened_at).getTime() + offset)
  const order = (leg, side, offset, more = {}) => ({
    client_order_id: `sa${id.slice(1).padStart(6, '0')}-${leg.slice(0, 2)}`,
    exchange_order_id: `80${id.length}412`,
    leg,
    attempt: 1,
    status: 'FILLED',
    order_type: 'market',
    side,
    quantity: trade.quantity,
    filled_quantity: trade.quantity,
    requested_price: trade.entry_price,
    limit_price: null,
    trigger_price: null,
    average_price: trade.entry_price,
    reduce_only: leg !== 'entry',
    reason: null,
    error_code: null,
    error_message: null,
    market_time: at(offset),
    created_at: at(offset),
    sent_at: at(offset + 12),
    accepted_at: at(offset + 48),
    ...more,
  })
  const orders = [
    order('entry', 'buy', 0),
    order('stop', 'sell', 60, {
      status: 'CANCELED',
      order_type: 'stop_market',
      trigger_price: trade.initial_stop_price,
    }),
    order('exit', 'sell', 4e6),
  ]
  const fill = (n, leg, offset, price) => ({
    venue_trade_id: `f${n}`,
    client_order_id: orders.find((one) => one.leg === leg).client_order_id,
    side: 'buy',
    quantity: '0.5',
    price,
    fee: '0.4553',
    fee_currency: 'USDT',
    is_maker: false,
    executed_at: at(offset),
  })
  return {
    ...trade,
    orders,
    logs,
    fills: [
      fill(1, 'entry', 60, trade.entry_price),
      fill(2, 'entry', 70, trade.entry_price),
      fill(3, 'exit', 4.0001e6, trade.exit_price),
    ],
  }
}
export const decisions = Array.from({ length: 30 }, (_, i) => ({
  id: `d${i}`,
  created_at: iso(NOW - i * 95_000),
  market_time: iso(NOW - i * 95_000),
  wallet_id: i % 2 ? 'w1' : 'w2',
  signal_id: `s${i}`,
  symbol: SYMBOLS[i % 5],
  side: i % 3 ? 'long' : 'short',
  strategy: i % 2 ? 'ema_trend' : 'donchian_breakout',
  timeframe: '1m',
  confidence: (0.55 + random() * 0.4).toFixed(4),
  approved: i % 4 === 1,
  breaches:
    i % 4 === 1
      ? []
      : [
          {
            code: 'confidence_too_low',
            message: 'Signal confidence 0.61 is below the limit of 0.75.',
            limit: '0.75',
            value: '0.61',
          },
          ...(i % 3
            ? []
            : [
                {
                  code: 'too_many_positions',
                  message: 'There are 5 open positions; the limit is 5.',
                  limit: '5',
                  value: '5',
                },
              ]),
        ],
  quantity: i % 4 === 1 ? '0.024' : null,
  notional: i % 4 === 1 ? '990.24' : null,
  binding_cap: i % 4 === 1 ? 'max_position_size_percent' : null,
}))
export const signals = Array.from({ length: 10 }, (_, i) => ({
  id: `s${i}`,
  venue: 'paper',
  symbol: SYMBOLS[i % 5],
  timeframe: '1m',
  strategy: 'ema_trend',
  side: 'long',
  entry_price: '100',
  stop_price: '99',
  take_profit_price: '103',
  confidence: '0.6100',
  reason: 'EMA cross',
  bar_close: iso(NOW - i * 95_000),
  created_at: iso(NOW - i * 95_000),
}))
export const settings = {
  position_sizing_method: 'fixed_percent',
  risk_per_trade_percent: '1.00',
  fixed_amount_usd: '200.00',
  max_position_size_usd: '10000.00',
  max_position_size_percent: '10.00',
  max_portfolio_heat: '50.00',
  max_open_risk_percent: '10.00',
  kelly_fraction: '0.250',
  max_open_positions: 5,
  max_leverage: 10,
  max_daily_loss_usd: '500.00',
  max_daily_loss_percent: '5.00',
  max_weekly_loss_percent: '10.00',
  max_monthly_loss_percent: '20.00',
  min_risk_reward_ratio: '1.50',
  max_correlated_positions: 2,
  max_single_asset_exposure_percent: '20.00',
  max_consecutive_losses: 3,
  trading_paused: false,
  enable_trailing_stop: true,
  trailing_stop_percent: '1.50',
  trailing_activation_percent: '2.00',
  enable_scale_out: true,
  enable_pyramiding: false,
  enable_dca: false,
  min_signal_confidence: '0.70',
  auto_breakers: true,
  max_position_size_lots: null,
  max_risk_per_trade_percent: null,
  max_margin_utilisation_percent: null,
  max_positions_per_wallet: null,
  max_positions_per_strategy: null,
  max_positions_per_symbol: null,
  max_correlation: '0.7',
  max_weekly_loss_usd: null,
  max_monthly_loss_usd: null,
  max_drawdown_percent: null,
  max_trades_per_day: null,
  max_adds_per_trade: null,
  dca_max_steps: null,
  cooldown_minutes_after_exit: null,
  cooldown_minutes_after_loss: null,
  flatten_when_tripped: false,
  stop_loss_percent: null,
  take_profit_percent: null,
  stop_atr_multiple: null,
  trailing_atr_multiple: null,
  max_holding_minutes: null,
  version: 3,
  updated_at: iso(NOW - 4e6),
  pending: [{ setting: 'max_leverage', value: '12', effective_at: iso(NOW + 3.2e7), requested_at: iso(NOW - 9e5) }],
}
const limit = (name, used, most, unit, resets = null, tripped = false, level = 'user', subject = null) => ({
  name,
  label: name,
  level,
  subject,
  used,
  limit: most,
  unit,
  resets_at: resets,
  tripped,
})
export const riskStatus = {
  environments: [
    {
      environment: 'paper',
      trading_state: 'active',
      reason: null,
      as_of: iso(NOW),
      market_time: iso(NOW),
      equity: '15412.63',
      exposure_heat_percent: '31.4210',
      open_risk_percent: '8.6000',
      open_positions: 3,
      pending_entries: 1,
      time_zone: 'Europe/Berlin',
      margin_percent: '4.2',
      open_risk: '326.43',
      assets: [
        { asset: 'BTC', notional: '2412.10', percent: '15.65' },
        { asset: 'ETH', notional: '1524.40', percent: '9.89' },
        { asset: 'SOL', notional: '906.20', percent: '5.88' },
      ],
      day_pnl: '412.63',
      limits: [
        limit('max_portfolio_heat', '31.4210', '50', 'percent'),
        limit('max_open_risk_percent', '8.6', '10', 'percent'),
        limit('max_margin_utilisation_percent', '4.2', null, 'percent'),
        limit('max_drawdown_percent', null, '15', 'percent'),
        limit('max_open_positions', '2', '3', 'count', null, false, 'wallet', 'w1'),
        limit('max_daily_loss_usd', '40', '100', 'usd', iso(NOW + 3e7), false, 'symbol', 'BTC/USDT:USDT'),
        limit('max_open_positions', '3', '5', 'count'),
        limit('max_daily_loss_percent', '1.12', '5', 'percent', iso(NOW + 3e7)),
        limit('max_daily_loss_usd', '162.11', '500', 'usd', iso(NOW + 3e7)),
        limit('max_weekly_loss_percent', '6.4', '10', 'percent', iso(NOW + 3e8)),
        limit('max_monthly_loss_percent', '16.9', '20', 'percent', iso(NOW + 9e8)),
        limit('max_consecutive_losses', '3', '3', 'count', null, true),
      ],
    },
  ],
}
export function candles(symbol, count) {
  const rows = []
  const start = Math.floor(NOW / 60_000) * 60_000 - count * 60_000
  let price = BASE[symbol] * 0.972
  for (let i = 0; i < count; i++) {
    const open = price
    price = open * (1 + (random() - 0.5) * 0.0032 + (BASE[symbol] - open) / BASE[symbol] / (count - i + 8))
    const d = places(symbol)
    rows.push([
      start + i * 60_000,
      open.toFixed(d),
      (Math.max(open, price) * (1 + random() * 0.001)).toFixed(d),
      (Math.min(open, price) * (1 - random() * 0.001)).toFixed(d),
      price.toFixed(d),
      '12.5',
    ])
  }
  return rows
}
export const venues = [
  { id: 'paper', name: 'Paper exchange', environment: ['paper'], needs_keys: false },
  { id: 'binanceusdm', name: 'Binance USDⓈ-M', environment: ['live'], needs_keys: true },
]
export const markets = SYMBOLS.map((symbol) => ({
  symbol,
  venue: 'paper',
  tick_size: TICKS[symbol],
  quantity_step: '0.001',
  min_notional: '5',
  max_leverage: 50,
}))
export const strategies = [
  {
    id: 'ema_trend',
    name: 'EMA trend',
    description: 'EMA 12/26 cross with an ADX filter; stop 2 ATR, target 3R.',
    timeframes: ['1m', '5m', '15m', '1h'],
  },
  {
    id: 'donchian_breakout',
    name: 'Donchian breakout',
    description: 'Close beyond the 20-bar channel; stop 1.5 ATR, target 3R.',
    timeframes: ['1m', '5m', '15m', '1h'],
  },
]
export const me = {
  id: 'u1',
  email: 'demo@example.com',
  email_verified: true,
  role: 'trader',
  time_zone: 'Europe/Berlin',
  created_at: iso(NOW - 1e9),
}
export const sessions = [
  {
    id: 'a',
    created_at: iso(NOW - 1e6),
    last_used_at: iso(NOW),
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36',
    current: true,
  },
  {
    id: 'b',
    created_at: iso(NOW - 9e7),
    last_used_at: iso(NOW - 2e7),
    user_agent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Version/19.0 Safari/604.1',
    current: false,
  },
]

const PROFILE = (name, label, explains, changed, needs_consent = false) => {
  const { version, updated_at, pending, trading_paused, ...held } = settings
  return { name, label, explains, needs_consent, settings: { ...held, ...changed } }
}
export const profiles = [
  PROFILE('standard', 'Standard', 'The defaults: 1 % of equity at risk per trade, 5 positions, 5 % a day.', {}),
  PROFILE(
    'conservative',
    'Conservative',
    'At most 1 % per trade and 5 % at open risk, one position per symbol, 10 trades a day.',
    {
      max_open_risk_percent: '5',
      max_positions_per_symbol: '1',
      max_trades_per_day: '10',
      max_open_positions: '10',
    },
  ),
  PROFILE(
    'real_money',
    'Real money',
    '200 dollars per position at 10x, confidence 0.7, 500 dollars a day, stop 2 %, target 4 %.',
    {
      position_sizing_method: 'fixed_amount',
      stop_loss_percent: '2',
      take_profit_percent: '4',
    },
  ),
  PROFILE(
    'unrestricted',
    'Unrestricted',
    'No limits of your own; the platform’s stay.',
    Object.fromEntries(
      Object.keys(settings)
        .filter((name) => /^max_/.test(name))
        .map((name) => [name, null]),
    ),
    true,
  ),
]
export const tradingSchedule = {
  enabled: true,
  time_zone: 'Europe/Berlin',
  calendar: 'XETR',
  hours: [{ days: [0, 1, 2, 3, 4], opens: '09:30', closes: '17:00' }],
  trade_weekends: false,
  closed_dates: ['2026-12-24'],
  leave_before_close: false,
  leave_before_weekend: true,
  leave_minutes: 15,
  leave_before_funding_percent: null,
  version: 2,
  updated_at: new Date().toISOString(),
  calendars: [
    { code: 'XNYS', title: 'New York Stock Exchange', time_zone: 'America/New_York' },
    { code: 'XETR', title: 'Xetra, Frankfurt', time_zone: 'Europe/Berlin' },
  ],
  now: [
    {
      venue: 'paper',
      market_time: new Date().toISOString(),
      is_open: true,
      opens_at: null,
      ends_at: new Date(Date.now() + 7_200_000).toISOString(),
      leaves_at: new Date(Date.now() + 93_600_000).toISOString(),
    },
  ],
}
export const scopes = [
  {
    ...Object.fromEntries(
      Object.keys(settings)
        .filter((name) => /^(max_|min_|cooldown_)/.test(name))
        .map((name) => [name, null]),
    ),
    scope: 'symbol',
    key: 'BTC/USDT:USDT',
    max_open_positions: 1,
    max_daily_loss_usd: '100',
    enable_pyramiding: null,
    enable_dca: null,
    trading_paused: false,
    version: 2,
    updated_at: iso(NOW - 9e6),
    pending: [],
  },
]
export const sized = {
  approved: false,
  position_size_usd: '1541.20',
  quantity: '0.034',
  notional: '1541.20',
  margin: '154.12',
  risk_amount: '36.10',
  risk_r: '0.2342',
  risk_reward: '2.87',
  method: 'fixed_percent',
  binding_cap: 'max_position_size_percent',
  size_refusal: null,
  steps: {
    risk_percent: '1',
    confidence_factor: '1',
    budget: '154.12',
    proposed_quantity: '0.1453',
    proposed_notional: '6538.50',
    caps: [
      { cap: 'max_position_size_usd', notional: '10000' },
      { cap: 'max_position_size_percent', notional: '1541.26' },
      { cap: 'max_leverage', notional: '149000' },
      { cap: 'free_margin', notional: '120000' },
    ],
    capped_quantity: '0.03425022',
    rounded_off: '0.00025022',
  },
  breaches: [
    {
      code: 'consecutive_losses',
      message: 'BTC/USDT:USDT refused: 3 losses in a row, the user’s limit is 3.',
      limit: '3',
      value: '3',
      scope: 'user',
    },
  ],
  symbol: 'BTC/USDT:USDT',
  side: 'long',
  entry_price: '45000',
  stop_price: '44000',
  take_profit_price: '48000',
  mark_price: '45000',
  price_age_seconds: 0,
  leverage: 10,
  equity: '15412.63',
  exposure_heat_percent: '31.4',
  exposure_heat_after_percent: '41.4',
  open_risk_percent: '8.6',
  open_risk_after_percent: '8.8',
  as_of: iso(NOW),
  rule_version: '1',
}
export const preview = {
  days: 90,
  considered: 241,
  without_receipt: 12,
  truncated: false,
  approved_before: 62,
  approved_after: 55,
  blocks: 7,
  allows: 0,
  smaller: 3,
  larger: 0,
  changed: decisions.slice(0, 7).map((one) => ({
    id: one.id,
    created_at: one.created_at,
    wallet_id: one.wallet_id,
    symbol: one.symbol,
    side: one.side,
    strategy: one.strategy,
    notional: '1200',
    approved_before: true,
    approved_after: false,
    breaches: [{ code: 'max_leverage', message: 'leverage would be 6.1, the limit is 5.', limit: '5', value: '6.1' }],
  })),
}
export const decisionDetail = (id) => ({
  decision: decisions.find((one) => one.id === id) ?? decisions[0],
  receipt: {
    case: {
      order: { symbol: 'BTC/USDT:USDT', side: 'long', entry_price: '45000', stop_price: '44000' },
      wallet: { equity: '15412.63', open_positions: 3, day: { start_equity: '15000', tripped: false } },
      limits: { user: { max_daily_loss_usd: '500' }, platform: { max_price_age_seconds: '5' } },
    },
  },
  rerun: { stored_rule_version: '1', rule_version: '1', identical: true, same_answer: true },
})
