// The trade's words for the server's codes.

const EXIT_REASONS: Record<string, string> = {
  stop_loss: 'Stop loss',
  trailing_stop: 'Trailing stop',
  take_profit: 'Take profit',
  manual: 'Closed by you',
  time_exit: 'Time exit',
  unprotected: 'Closed: stop could not be placed',
  liquidation: 'Liquidation',
  external: 'Closed outside StackAlpha',
}

const TRADE_STATUSES: Record<string, string> = {
  INTENT: 'Intended',
  ENTERING: 'Entering',
  OPEN_UNPROTECTED: 'Open, stop being placed',
  PROTECTED: 'Open, stop on the venue',
  EXITING: 'Exit being sent',
  CLOSED: 'Closed',
  REJECTED: 'Rejected',
  EXPIRED: 'Expired',
  NEEDS_OPERATOR: 'Needs an operator',
}

const LIMITS: Record<string, string> = {
  max_position_size_usd: 'Largest position',
  max_position_size_percent: 'Largest position, % of equity',
  max_position_size_lots: 'Largest position in lots',
  max_risk_per_trade: 'Largest risk of a trade',
  max_order_notional: 'Largest order of the platform',
  free_margin: 'Free margin',
  venue_max_quantity: 'Largest quantity of the venue',
  planned_quantity: 'Planned quantity',
  max_portfolio_heat: 'Exposure heat',
  max_open_risk_percent: 'Open risk',
  max_margin_utilisation_percent: 'Margin in use',
  max_open_positions: 'Open positions',
  max_leverage: 'Leverage',
  max_daily_loss_usd: 'Daily loss',
  max_daily_loss_percent: 'Daily loss, % of equity',
  max_weekly_loss_usd: 'Weekly loss',
  max_weekly_loss_percent: 'Weekly loss, % of equity',
  max_monthly_loss_usd: 'Monthly loss',
  max_monthly_loss_percent: 'Monthly loss, % of equity',
  max_drawdown_percent: 'Drawdown',
  max_consecutive_losses: 'Losses in a row',
  max_trades_per_day: 'Trades today',
  max_adds_per_trade: 'Additions to a position',
  max_orders_per_minute: 'Orders in a minute',
  max_single_asset_exposure_percent: 'Exposure to one asset',
  max_correlated_positions: 'Correlated positions',
}

/** A code in plain words: `take_profit` gives "Take profit". */
export function words(code: string | null | undefined): string {
  if (!code) return '–'
  const spaced = code.replace(/[_.]+/g, ' ').trim().toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

export function exitReason(code: string | null | undefined): string {
  return code ? (EXIT_REASONS[code] ?? words(code)) : '–'
}

export function tradeStatus(code: string): string {
  return TRADE_STATUSES[code] ?? words(code)
}

export function limitName(code: string): string {
  return LIMITS[code] ?? words(code.replace(/^max_/, '').replace(/_(usd|percent)$/, ''))
}

/** The venue's name; the paper exchange is called what it is, not by its environment. */
export function venueName(venue: string): string {
  return venue === 'paper' ? 'Paper exchange' : venue
}

/** "BTC/USDT:USDT" reads as "BTC/USDT". */
export function shortSymbol(symbol: string): string {
  return symbol.split(':')[0] ?? symbol
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
