import { describe, expect, it } from 'vitest'
import { SETTINGS as EXAMPLE } from '@/testing/examples'
import { type NumberSetting, SETTINGS } from './fields'
import { changesBetween, type FormValues, faultsOf, formValues, numberFault, patchOf, shown } from './settings-form'

const base = formValues(EXAMPLE)
const change = (part: Partial<FormValues>) => changesBetween(base, { ...base, ...part } as FormValues)
const effects = (part: Partial<FormValues>) => change(part).map((one) => one.effect)
function number(name: string): NumberSetting {
  const found = SETTINGS.find((setting) => setting.name === name)
  if (found === undefined || found.kind === 'switch' || found.kind === 'choice') throw new Error(`${name} is no number`)
  return found
}

describe('the diff of the risk settings', () => {
  it('is empty where only the writing differs', () => {
    expect(change({ max_daily_loss_percent: '5.00', min_risk_reward_ratio: '1,5' })).toEqual([])
  })

  it('says a lower maximum tightens and a higher one loosens', () => {
    expect(effects({ max_daily_loss_percent: '3' })).toEqual(['tightens'])
    expect(effects({ max_daily_loss_percent: '8' })).toEqual(['loosens'])
  })

  it('says the opposite of a minimum', () => {
    expect(effects({ min_signal_confidence: '0.8' })).toEqual(['tightens'])
    expect(effects({ min_risk_reward_ratio: '1' })).toEqual(['loosens'])
  })

  it('says a limit taken away loosens, and a new one tightens', () => {
    const [removed] = change({ max_leverage: '' })
    expect([removed?.effect, removed?.removesLimit]).toEqual(['loosens', true])
    const without = formValues({ ...EXAMPLE, max_leverage: null })
    expect(changesBetween(without, { ...without, max_leverage: '0' })[0]?.effect).toBe('tightens')
  })

  it('says zero is stricter than any number', () => {
    expect(effects({ max_open_positions: '0' })).toEqual(['tightens'])
  })

  it('says switches loosen the way that raises risk, scale-out neither way, another method always', () => {
    expect(effects({ enable_pyramiding: true })).toEqual(['loosens'])
    expect(effects({ enable_trailing_stop: false })).toEqual(['loosens'])
    expect(effects({ enable_scale_out: false })).toEqual(['changes'])
    expect(effects({ position_sizing_method: 'kelly' })).toEqual(['loosens'])
    expect(effects({ trailing_stop_percent: '1' })).toEqual(['tightens'])
  })

  it('becomes a patch of the changed fields: counts as numbers, decimals as text, no limit as null', () => {
    const patch = patchOf(
      change({ max_leverage: '5', max_daily_loss_usd: '250,5', max_open_positions: '', enable_scale_out: false }),
    )
    expect(patch).toEqual({
      max_leverage: 5,
      max_daily_loss_usd: '250.5',
      max_open_positions: null,
      enable_scale_out: false,
    })
  })

  it('shows values with their units', () => {
    expect(shown(number('max_daily_loss_usd'), '500')).toBe('$500.00')
    expect(shown(number('max_leverage'), '10')).toBe('10×')
    expect(shown(number('max_leverage'), '')).toBe('no limit')
  })
})

describe('the check of a number', () => {
  it('accepts its bounds and nothing beyond them', () => {
    const confidence = number('min_signal_confidence')
    expect(['0', '1', '1.01', '-0.01'].map((typed) => numberFault(confidence, typed))).toEqual([
      null,
      null,
      'At most 1.',
      'At least 0.',
    ])
  })

  it('refuses a thousand that may be a one: a tightened limit waits a day to be loosened again', () => {
    expect(numberFault(number('max_daily_loss_usd'), '1,000')).toBe(
      '1,000 may be 1000 or 1.000: write it without the comma.',
    )
    expect(numberFault(number('max_daily_loss_usd'), '1,000.50')).toBeNull()
  })

  it('refuses words and halves of whole things', () => {
    expect(numberFault(number('max_leverage'), 'ten')).toBe('Enter a number, like 2.5.')
    expect(numberFault(number('max_leverage'), '2.5')).toBe('Enter a whole number.')
  })

  it('refuses more digits than the server keeps', () => {
    expect(numberFault(number('max_daily_loss_percent'), '2.505')).toBe('At most 2 digits after the point.')
    expect(numberFault(number('kelly_fraction'), '0.125')).toBeNull()
  })

  it('lets only limits be empty', () => {
    expect(numberFault(number('max_leverage'), '')).toBeNull()
    expect(numberFault(number('risk_per_trade_percent'), '')).toBe('Enter a number.')
  })

  it('is what the form refuses', () => {
    expect(faultsOf(base)).toEqual([])
    expect(faultsOf({ ...base, max_leverage: 'ten' })).toEqual([['max_leverage', 'Enter a number, like 2.5.']])
  })
})
