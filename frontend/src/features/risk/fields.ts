// The risk settings as the form knows them: what each is, its unit and bounds, its default, and which way is safer.
import type { RiskSettings } from '@/lib/api/types'

/** Which value is safer; `same` where every change may raise risk, `neither` where none does. */
export type SaferWhen = 'lower' | 'higher' | 'on' | 'off' | 'same' | 'neither'
export type SettingName = keyof Omit<RiskSettings, 'trading_paused' | 'version' | 'updated_at' | 'pending'>

interface Common {
  readonly name: SettingName
  readonly label: string
  readonly hint?: string
  readonly safer: SaferWhen
}
export interface NumberSetting extends Common {
  readonly kind: 'decimal' | 'integer'
  readonly unit: '%' | 'USD' | '×' | 'R' | '0–1' | 'min' | ''
  readonly min: string
  readonly max: string
  /** Digits after the point that the server keeps. */
  readonly places: number
  /** May be left empty: no opinion at this level. */
  readonly optional: boolean
  readonly standard: string
}
export interface SwitchSetting extends Common {
  readonly kind: 'switch'
  readonly standard: boolean
}
export interface ChoiceSetting extends Common {
  readonly kind: 'choice'
  readonly options: ReadonlyArray<readonly [string, string]>
  readonly standard: string
}
export type Setting = NumberSetting | SwitchSetting | ChoiceSetting
export interface Group {
  readonly title: string
  readonly settings: ReadonlyArray<Setting>
}

type Numeric = readonly [
  name: SettingName,
  label: string,
  unit: NumberSetting['unit'],
  standard: string,
  max: string,
  hint?: string,
]

function number(
  kind: 'decimal' | 'integer',
  safer: SaferWhen,
  optional: boolean,
  [name, label, unit, standard, max, hint]: Numeric,
  min = '0',
  places = kind === 'integer' ? 0 : 2,
): NumberSetting {
  return { kind, name, label, unit, safer, optional, standard, min, max, places, ...(hint ? { hint } : {}) }
}
const percentLimit = (...numeric: Numeric) => number('decimal', 'lower', true, numeric)
const countLimit = (...numeric: Numeric) => number('integer', 'lower', true, numeric)

const amountLimit = (name: SettingName, label: string, standard: string, hint?: string) =>
  percentLimit(name, label, 'USD', standard, '1000000000', hint)

export const GROUPS: ReadonlyArray<Group> = [
  {
    title: 'Loss limits',
    settings: [
      amountLimit(
        'max_daily_loss_usd',
        'Daily loss',
        '500',
        'Realised and unrealised. Whichever of amount and percent is reached first.',
      ),
      percentLimit('max_daily_loss_percent', 'Daily loss, percent of equity', '%', '5', '100'),
      amountLimit('max_weekly_loss_usd', 'Weekly loss', '', 'The week begins on Monday, in your time zone.'),
      percentLimit('max_weekly_loss_percent', 'Weekly loss, percent of equity', '%', '10', '100'),
      amountLimit('max_monthly_loss_usd', 'Monthly loss', ''),
      percentLimit('max_monthly_loss_percent', 'Monthly loss, percent of equity', '%', '20', '100'),
      percentLimit(
        'max_drawdown_percent',
        'Drawdown',
        '%',
        '',
        '100',
        'From the highest equity so far, transfers apart.',
      ),
      countLimit('max_consecutive_losses', 'Losses in a row', '', '3', '10000', 'A winner or a resume starts anew.'),
      {
        kind: 'switch',
        name: 'auto_breakers',
        label: 'Stop entries when a limit trips',
        safer: 'on',
        standard: true,
        hint: 'Off: your own trips are alerts only. The platform’s stay.',
      },
      {
        kind: 'switch',
        name: 'flatten_when_tripped',
        label: 'Close positions when a limit trips',
        safer: 'neither',
        standard: false,
        hint: 'Off: entries stop, stops and exits go on.',
      },
    ],
  },
  {
    title: 'Position size',
    settings: [
      {
        kind: 'choice',
        name: 'position_sizing_method',
        label: 'Sizing method',
        safer: 'same',
        standard: 'fixed_percent',
        options: [
          ['fixed_percent', 'Fixed percent at risk'],
          ['fixed_amount', 'Fixed amount'],
          ['kelly', 'Kelly fraction'],
          ['risk_parity', 'Risk parity'],
        ],
      },
      number(
        'decimal',
        'lower',
        false,
        ['risk_per_trade_percent', 'Risk per trade', '%', '1', '100', 'Of equity, between entry and stop.'],
        '0.01',
      ),
      number(
        'decimal',
        'lower',
        false,
        ['fixed_amount_usd', 'Fixed amount', 'USD', '200', '1000000000', 'Notional, for the fixed-amount method.'],
        '1',
      ),
      number(
        'decimal',
        'lower',
        false,
        ['kelly_fraction', 'Kelly fraction', '0–1', '0.25', '1', 'For the Kelly method.'],
        '0',
        3,
      ),
      amountLimit('max_position_size_usd', 'Largest position', '10000', 'Notional: quantity × price.'),
      percentLimit('max_position_size_percent', 'Largest position, percent of equity', '%', '10', '999.99'),
      number(
        'decimal',
        'lower',
        true,
        ['max_position_size_lots', 'Largest position in lots', '', '', '1000000', 'Quantity, in the venue’s lots.'],
        '0',
        4,
      ),
      percentLimit(
        'max_risk_per_trade_percent',
        'Largest risk of a trade',
        '%',
        '',
        '100',
        'Loss at the stop with costs, of equity, whatever the method.',
      ),
      number('integer', 'lower', true, ['max_leverage', 'Leverage', '×', '10', '125'], '1'),
    ],
  },
  {
    title: 'Portfolio',
    settings: [
      percentLimit('max_portfolio_heat', 'Exposure heat', '%', '50', '12500', 'All notionals ÷ equity.'),
      percentLimit('max_open_risk_percent', 'Open risk', '%', '10', '100', 'The loss if every stop fills ÷ equity.'),
      percentLimit('max_margin_utilisation_percent', 'Margin in use', '%', '', '100', 'All margin ÷ equity.'),
      percentLimit('max_single_asset_exposure_percent', 'Exposure to one asset', '%', '20', '999.99'),
      countLimit('max_open_positions', 'Open positions', '', '5', '10000'),
      countLimit('max_positions_per_wallet', 'Positions per wallet', '', '', '10000'),
      countLimit('max_positions_per_strategy', 'Positions per strategy', '', '', '10000'),
      countLimit('max_positions_per_symbol', 'Positions per symbol', '', '', '10000'),
      countLimit(
        'max_correlated_positions',
        'Correlated positions',
        '',
        '2',
        '10000',
        'Open positions that move with the new one; a hedge counts as none.',
      ),
      number(
        'decimal',
        'lower',
        true,
        ['max_correlation', 'Correlation that counts', '0–1', '0.7', '1', 'Above it, two positions are correlated.'],
        '0',
        3,
      ),
    ],
  },
  {
    title: 'Entries',
    settings: [
      number('decimal', 'higher', true, ['min_signal_confidence', 'Least signal confidence', '0–1', '0.7', '1']),
      number('decimal', 'higher', true, [
        'min_risk_reward_ratio',
        'Least reward to risk',
        'R',
        '1.5',
        '99.99',
        'Net of costs, to the target; with scale-out on, to the targets of the parts, weighed by their sizes.',
      ]),
      countLimit('max_trades_per_day', 'Trades a day', '', '', '10000'),
      number('decimal', 'higher', true, [
        'cooldown_minutes_after_exit',
        'Rest after an exit',
        'min',
        '',
        '43200',
        'Minutes without an entry in that symbol.',
      ]),
      number('decimal', 'higher', true, [
        'cooldown_minutes_after_loss',
        'Rest after a loss',
        'min',
        '',
        '43200',
        'Minutes without an entry in that symbol.',
      ]),
      {
        kind: 'switch',
        name: 'enable_pyramiding',
        label: 'Pyramiding',
        safer: 'off',
        standard: false,
        hint: 'A further signal adds to a position in profit, once its stop is at break-even.',
      },
      countLimit('max_adds_per_trade', 'Additions to a position', '', '2', '100'),
      {
        kind: 'switch',
        name: 'enable_dca',
        label: 'Averaging down (DCA)',
        safer: 'off',
        standard: false,
        hint: 'An entry keeps steps between its price and its stop; the whole ladder risks no more than one entry would.',
      },
      countLimit('dca_max_steps', 'Steps of a ladder', '', '2', '5'),
    ],
  },
  {
    title: 'Stops and targets',
    settings: [
      number(
        'decimal',
        'lower',
        true,
        ['stop_loss_percent', 'Own stop', '%', '', '99.99', 'Of the entry price, instead of the signal’s stop.'],
        '0.01',
      ),
      number(
        'decimal',
        'lower',
        true,
        ['stop_atr_multiple', 'Own stop in ATR', '×', '', '100', 'Instead of the signal’s stop.'],
        '0.1',
      ),
      number(
        'decimal',
        'neither',
        true,
        ['take_profit_percent', 'Own target', '%', '', '10000', 'Of the entry price, instead of the signal’s target.'],
        '0.01',
      ),
      number(
        'integer',
        'lower',
        true,
        [
          'max_holding_minutes',
          'Longest holding',
          'min',
          '',
          '2147483647',
          'Left at market that long after the opening.',
        ],
        '1',
      ),
      {
        kind: 'switch',
        name: 'enable_trailing_stop',
        label: 'Trailing stop',
        safer: 'on',
        standard: true,
        hint: 'Follows the price once the position is far enough in profit; it never loosens.',
      },
      number(
        'decimal',
        'lower',
        false,
        ['trailing_activation_percent', 'Trailing arms at', '%', '2', '100', 'Profit in percent of price.'],
        '0.01',
      ),
      number('decimal', 'lower', false, ['trailing_stop_percent', 'Trailing distance', '%', '1.5', '99.99'], '0.01'),
      number(
        'decimal',
        'lower',
        true,
        ['trailing_atr_multiple', 'Trailing distance in ATR', '×', '', '100', 'Instead of the percentage.'],
        '0.1',
      ),
      {
        kind: 'switch',
        name: 'enable_scale_out',
        label: 'Scale out in thirds',
        safer: 'neither',
        standard: true,
        hint: 'A third each at 1R, 2R and 3R; the stop goes to break-even after the first.',
      },
    ],
  },
]

/** Settings that are limits: without one of these there is one rule less, and the server asks for consent. */
export const isLimit = (name: SettingName): boolean => /^(max_|min_|cooldown_)/.test(name)

export const SETTINGS: ReadonlyArray<Setting> = GROUPS.flatMap((group) => group.settings)
export const SETTING_NAMES: ReadonlyArray<SettingName> = SETTINGS.map((setting) => setting.name)
