// A figure of analytics in words: its name, its value in its unit, its interval, and what it rests on.

import type { Figure } from '@/lib/api/types'
import { ABSENT, count, figure, money, percent, rMultiple } from '@/lib/format/numbers'
import { duration } from '@/lib/format/time'
import { words } from '@/lib/format/words'

const NAMES: Record<string, string> = {
  total_return: 'Total return',
  annual_return: 'Annual return',
  money_weighted_return: 'Money-weighted return, a year',
  sharpe_ratio: 'Sharpe',
  sortino_ratio: 'Sortino',
  calmar_ratio: 'Calmar',
  omega_ratio: 'Omega',
  max_drawdown: 'Maximum drawdown',
  ulcer_index: 'Ulcer index',
  mean_exposure: 'Mean exposure',
  annual_turnover: 'Turnover, times a year',
  payoff_ratio: 'Payoff',
  expectancy: 'Expectancy of a trade',
  expectancy_r: 'Expectancy in R',
  median_holding_seconds: 'Holding time, median',
  longest_winning_streak: 'Longest run of winners',
  longest_losing_streak: 'Longest run of losers',
  median_adverse_excursion: 'Ran against its owner, median',
  median_adverse_excursion_r: 'Ran against its owner, median in R',
  median_favourable_excursion: 'Ran for its owner, median',
  median_favourable_excursion_r: 'Ran for its owner, median in R',
  excursion_ratio: 'For over against, means in R',
  beta: 'Beta to Bitcoin',
  correlation: 'Correlation with Bitcoin',
}

export function figureName(name: string): string {
  return NAMES[name] ?? words(name)
}

/** Figures of a year, whatever they were read from. */
const ANNUAL = new Set([
  'annual_return',
  'money_weighted_return',
  'volatility',
  'sharpe_ratio',
  'sortino_ratio',
  'calmar_ratio',
  'annual_turnover',
])

/** Whether a figure of a year was drawn out of fewer than thirty days: days are used as soon as there are as many. */
export function isDrawnOut(name: string, interval: string): boolean {
  return interval !== 'day' && ANNUAL.has(name)
}

export function figureText(value: number | null, unit: string): string {
  if (value === null) return ABSENT
  switch (unit) {
    case 'percent':
      return percent(value)
    case 'quote':
      return money(value)
    case 'r':
      return rMultiple(value)
    case 'count':
      return count(value)
    case 'seconds':
      return duration(value * 1000)
    default:
      return figure(value, 2)
  }
}

/** "1.20 to 2.40", or nothing where there is no interval. */
export function intervalText(one: Figure): string | null {
  if (one.low === null || one.high === null) return null
  return `${figureText(one.low, one.unit)} to ${figureText(one.high, one.unit)}`
}
