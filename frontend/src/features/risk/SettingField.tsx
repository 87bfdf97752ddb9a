import type { UseFormReturn } from 'react-hook-form'
import { DecimalField, SelectField } from '@/ui/Field'
import { Switch } from '@/ui/Switch'
import type { Setting } from './fields'
import { emptyWord, type FormValues, shown } from './settings-form'

interface Props {
  readonly setting: Setting
  readonly form: UseFormReturn<FormValues>
  readonly serverError: string | undefined
}

/** One setting with its unit, its default beside it, and its own error. */
export function SettingField({ setting, form, serverError }: Props) {
  const { register, formState } = form
  const error = (formState.errors[setting.name]?.message as string | undefined) ?? serverError
  const standard = setting.standard === '' ? 'Default: none.' : `Default ${shown(setting, setting.standard)}.`
  const hint = setting.hint ? `${setting.hint} ${standard}` : standard
  switch (setting.kind) {
    case 'switch':
      return (
        <div>
          <Switch label={setting.label} hint={hint} {...register(setting.name)} />
          {error && <p className="text-xs font-semibold text-crit">‼ {error}</p>}
        </div>
      )
    case 'choice':
      return (
        <SelectField
          label={setting.label}
          hint={hint}
          error={error}
          options={setting.options}
          {...register(setting.name)}
        />
      )
    case 'decimal':
    case 'integer':
      return (
        <DecimalField
          label={setting.label}
          hint={hint}
          error={error}
          unit={setting.unit}
          inputMode={setting.kind === 'integer' ? 'numeric' : 'decimal'}
          placeholder={setting.optional ? emptyWord(setting.name) : ''}
          {...register(setting.name)}
        />
      )
  }
}
