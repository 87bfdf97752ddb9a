// The risk settings as the form knows them: what each is, its unit and bounds, its default, and which way is safer.
import type { RiskSettings } from '@/lib/api/types'

/** Which value is safer; `same` where every change may raise risk, `neither` where none does. */
export type SaferWhen = 'lower' | 'higher' | 'on' | 'off' | 'same' | 'neither'
export type SettingName = keyof Omit<RiskSettings, 'trading_paused' | 'version' | 'updated_at'>

interface Common {
  readonly name: SettingName
  readonly label: string
  readonly hint?: string
  readonly safer: SaferWhen
}
export interface NumberSetting extends Common {
  readonly kind: 'decimal' | 'integer'
  readonly unit: '%' | 'USD' | '×' | 'R' | '0–1' | ''
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

/** Said of settings that the API keeps and no rule acts on yet. */
export const NOT_ENFORCED = 'Kept for later: not enforced in this version.'

export const GROUPS: ReadonlyArray<Group> = [
  {
    title: 'Loss limits',
    settings: [
      percentLimit(
        'max_daily_loss_usd',
        'Daily loss',
        'USD',
        '500',
        '1000000000',
        'Whichever of amount and percent is reached first.',
      ),
      percentLimit('max_daily_loss_percent', 'Daily loss, percent of equity', '%', '5', '100'),
      percentLimit('max_weekly_loss_percent', 'Weekly loss', '%', '10', '100', NOT_ENFORCED),
      percentLimit('max_monthly_loss_percent', 'Monthly loss', '%', '20', '100', NOT_ENFORCED),
      countLimit('max_consecutive_losses', 'Losses in a row', '', '3', '10000', NOT_ENFORCED),
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
      percentLimit(
        'max_position_size_usd',
        'Largest position',
        'USD',
        '10000',
        '1000000000',
        'Notional: quantity × price.',
      ),
      percentLimit('max_position_size_percent', 'Largest position, percent of equity', '%', '10', '999.99'),
      number('integer', 'lower', true, ['max_leverage', 'Leverage', '×', '10', '125'], '1'),
    ],
  },
  {
    title: 'Portfolio',
    settings: [
      percentLimit('max_portfolio_heat', 'Exposure heat', '%', '50', '12500', 'All notionals ÷ equity.'),
      percentLimit('max_open_risk_percent', 'Open risk', '%', '10', '100', 'The loss if every stop fills ÷ equity.'),
      countLimit('max_open_positions', 'Open positions', '', '5', '10000'),
      countLimit('max_correlated_positions', 'Correlated positions', '', '2', '10000', NOT_ENFORCED),
      percentLimit('max_single_asset_exposure_percent', 'Exposure to one asset', '%', '20', '999.99'),
    ],
  },
  {
    title: 'Entries and exits',
    settings: [
      number('decimal', 'higher', true, ['min_signal_confidence', 'Least signal confidence', '0–1', '0.7', '1']),
      number('decimal', 'higher', true, [
        'min_risk_reward_ratio',
        'Least reward to risk',
        'R',
        '1.5',
        '99.99',
        'Net of costs.',
      ]),
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
      {
        kind: 'switch',
        name: 'enable_scale_out',
        label: 'Scale out in thirds',
        safer: 'neither',
        standard: true,
        hint: NOT_ENFORCED,
      },
      {
        kind: 'switch',
        name: 'enable_pyramiding',
        label: 'Pyramiding',
        safer: 'off',
        standard: false,
        hint: NOT_ENFORCED,
      },
    ],
  },
]

export const SETTINGS: ReadonlyArray<Setting> = GROUPS.flatMap((group) => group.settings)
export const SETTING_NAMES: ReadonlyArray<SettingName> = SETTINGS.map((setting) => setting.name)
