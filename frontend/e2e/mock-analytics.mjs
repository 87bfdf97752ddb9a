// Answers of analytics for looking at the page: a year of equity, four hundred trades, and an account that has done nothing.
const DAY = 86_400_000
const START = Date.UTC(2024, 9, 1)
const DAYS = 365

function draw(seed) {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648 - 0.5
  }
}
const next = draw(11)
const equity = [10_000]
for (let day = 1; day < DAYS; day += 1) equity.push(equity[day - 1] * (1.0012 + next() * 0.03))
const falls = []
let peak = 0
for (const value of equity) {
  peak = Math.max(peak, value)
  falls.push((1 - value / peak) * 100)
}
const at = equity.map((_, day) => START + day * DAY)

function asked(query, empty) {
  const note = 'Nothing is known in this range for what is chosen: no snapshot was taken and no trade closed.'
  return {
    environment: query.get('environment') ?? 'paper',
    wallet_id: query.get('wallet_id'),
    strategy: query.get('strategy'),
    tag: query.get('tag'),
    begin: query.get('from'),
    end: query.get('to'),
    basis: 'equity',
    interval: 'day',
    note: empty ? note : null,
  }
}

function figure(name, unit, value, n, spread) {
  const held = value !== null && spread !== undefined && n >= 10
  return {
    name,
    unit,
    value,
    n,
    low: held ? value - spread : null,
    high: held ? value + spread : null,
    level: held ? 0.95 : null,
    is_few: n < 30,
  }
}

function tradeFigures(n, shift = 0) {
  return [
    figure('win_rate', 'percent', 54.2 + shift, n, 4.8),
    figure('payoff_ratio', 'ratio', 1.31, n, 0.22),
    figure('profit_factor', 'ratio', 1.55, n, 0.31),
    figure('expectancy', 'quote', 7.12, n, 4.4),
    figure('expectancy_r', 'r', 0.14, n, 0.09),
    figure('longest_losing_streak', 'count', 6, n),
    figure('median_holding_seconds', 'seconds', 9_400, n),
  ]
}

function causes(signal, sizing, slippage, fees, funding) {
  const net = (signal + sizing + slippage + fees + funding).toFixed(2)
  const [a, b, c, d, e] = [signal, sizing, slippage, fees, funding].map((value) => value.toFixed(2))
  return { net, signal: a, sizing: b, slippage: c, fees: d, funding: e }
}
const SHARES = [
  ['BTC/USDT:USDT', 180, causes(1900, 120.5, -88.25, -210.4, -14.02)],
  ['ETH/USDT:USDT', 140, causes(860.1, -40, -61.11, -140, 3.5)],
  ['SOL/USDT:USDT', 92, causes(-320.77, 12.4, -33, -71.09, -2)],
]

function tail(method, level, horizon, value, judged) {
  return {
    method,
    level,
    horizon,
    value_at_risk_percent: value,
    expected_shortfall_percent: value * 1.3,
    judged,
  }
}
const judge = (exceptions, expected, holds) => ({
  observations: 114,
  exceptions,
  expected,
  p_value: holds ? 0.4 : 0.004,
  holds,
})

function days() {
  return at.slice(-120).map((moment, day) => ({
    date: new Date(moment).toISOString().slice(0, 10),
    trades: 3,
    won: day % 3,
    net_pnl: ((day % 7) * 21 - 50.25).toFixed(2),
  }))
}

function months(held) {
  const names = [...new Set(held.map((day) => day.date.slice(0, 7)))]
  return names.map((date) => {
    const own = held.filter((day) => day.date.startsWith(date))
    const sum = (name) => own.reduce((total, day) => total + Number(day[name]), 0)
    return { date, trades: sum('trades'), won: sum('won'), net_pnl: sum('net_pnl').toFixed(2) }
  })
}

/** The answer to a question under /analytics; null for one that there is not. */
export function analytics(route, query, empty) {
  const base = { asked: asked(query, empty) }
  switch (route) {
    case '/analytics/portfolio':
      return {
        ...base,
        as_of: empty ? null : new Date().toISOString(),
        first_equity: empty ? null : '10000',
        last_equity: empty ? null : equity.at(-1).toFixed(8),
        flows: '0',
        profit: empty ? null : (equity.at(-1) - 10_000).toFixed(8),
        trades: empty ? 0 : 412,
        won: empty ? 0 : 223,
        lost: empty ? 0 : 189,
        net_pnl: empty ? '0' : '1916.11',
        figures: empty
          ? [
              figure('total_return', 'percent', null, 0),
              figure('sharpe_ratio', 'ratio', null, 0),
              ...['max_drawdown', 'win_rate', 'profit_factor', 'expectancy_r'].map((name) =>
                figure(name, 'ratio', null, 0),
              ),
            ]
          : [
              figure('total_return', 'percent', 41.3, 364, 22),
              figure('annual_return', 'percent', 41.5, 364, 22),
              figure('sharpe_ratio', 'ratio', 1.42, 364, 1.1),
              figure('sortino_ratio', 'ratio', 2.2, 364, 1.7),
              figure('calmar_ratio', 'ratio', 3.1, 364, 2.4),
              figure('max_drawdown', 'percent', 13.4, 364, 6),
              figure('beta', 'ratio', 0.21, 364),
              ...tradeFigures(412),
              figure('average_win', 'quote', 21.4, 12),
            ],
      }
    case '/analytics/equity':
      return empty
        ? { ...base, total: 0, at_ms: [], equity: [], drawdown_percent: [], exposure: [] }
        : { ...base, total: 4_800, at_ms: at, equity, drawdown_percent: falls, exposure: equity }
    case '/analytics/drawdowns':
      return {
        ...base,
        current_percent: empty ? null : falls.at(-1),
        falls: empty
          ? []
          : [13.4, 9.2, 4.1].map((depth, place) => ({
              peak_at: new Date(at[20 + place * 90]).toISOString(),
              trough_at: new Date(at[32 + place * 90]).toISOString(),
              recovery_at: place === 2 ? null : new Date(at[60 + place * 90]).toISOString(),
              depth_percent: depth,
              days: 40.5,
            })),
      }
    case '/analytics/excursions':
      return {
        ...base,
        trades: empty ? 0 : 412,
        known: empty ? 0 : 398,
        in_r: empty ? 0 : 398,
        figures: [
          figure('median_adverse_excursion', 'quote', empty ? null : 14.2, empty ? 0 : 398),
          figure('median_adverse_excursion_r', 'r', empty ? null : 0.42, empty ? 0 : 398),
          figure('median_favourable_excursion', 'quote', empty ? null : 38.9, empty ? 0 : 398),
          figure('median_favourable_excursion_r', 'r', empty ? null : 1.18, empty ? 0 : 398),
          figure('excursion_ratio', 'ratio', empty ? null : 2.1, empty ? 0 : 398),
        ],
        bins: Array.from({ length: 13 }, (_, place) => ({
          low_r: place * 0.25,
          high_r: place === 12 ? null : (place + 1) * 0.25,
          adverse_won: empty ? 0 : Math.max(0, 60 - 15 * place),
          adverse_lost: empty ? 0 : place < 4 ? 20 + 10 * place : 0,
          favourable_won: empty ? 0 : 8 + 2 * place,
          favourable_lost: empty ? 0 : Math.max(0, 70 - 20 * place),
        })),
      }
    case '/analytics/calendar': {
      const held = empty ? [] : days()
      return { ...base, time_zone: 'Europe/Berlin', days: held, months: months(held) }
    }
    case '/analytics/attribution':
      return {
        ...base,
        by: query.get('by') ?? 'symbol',
        trades: empty ? 0 : 412,
        total: empty ? causes(0, 0, 0, 0, 0) : causes(2439.33, 92.9, -182.36, -421.49, -12.52),
        shares: empty ? [] : SHARES.map(([key, trades, made]) => ({ key, trades, causes: made })),
      }
    case '/analytics/risk-metrics':
      return {
        ...base,
        n: empty ? 0 : 364,
        benchmark: 'BTC/USDT:USDT',
        figures: empty
          ? []
          : [
              figure('volatility', 'percent', 28.4, 364, 2),
              figure('skewness', 'ratio', -0.4, 364),
              figure('beta', 'ratio', 0.21, 364),
            ],
        tails: [
          tail('historical', 0.95, 1, 2.1, judge(7, 5.7, true)),
          tail('historical', 0.99, 1, 3.4, judge(2, 1.1, true)),
          tail('normal', 0.95, 1, 2.3, judge(4, 5.7, true)),
          tail('normal', 0.99, 1, 3.1, judge(6, 1.1, false)),
          tail('cornish_fisher', 0.99, 10, 8.8, null),
        ],
        correlations: empty ? [] : [{ first: 'donchian_breakout', second: 'ema_trend', n: 364, correlation: 0.31 }],
      }
    case '/analytics/compare':
      return {
        ...base,
        by: query.get('by') ?? 'strategy',
        columns: empty
          ? []
          : [
              { key: 'ema_trend', trades: 400, net_pnl: '1990.11', figures: tradeFigures(400) },
              { key: 'donchian_breakout', trades: 12, net_pnl: '-74', figures: tradeFigures(12, -20) },
            ],
      }
    default:
      return null
  }
}
