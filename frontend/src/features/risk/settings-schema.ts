// The check of the form before anything is sent.
import * as z from 'zod/mini'
import { SETTINGS, type Setting, type SettingName } from './fields'
import { numberFault } from './settings-form'

function fieldSchema(setting: Setting) {
  if (setting.kind === 'switch') return z.boolean()
  if (setting.kind === 'choice') return z.string()
  return z.string().check((context) => {
    const fault = numberFault(setting, context.value)
    if (fault !== null) context.issues.push({ code: 'custom', input: context.value, message: fault })
  })
}

export const settingsSchema = z.object(
  Object.fromEntries(SETTINGS.map((setting) => [setting.name, fieldSchema(setting)])) as Record<
    SettingName,
    ReturnType<typeof fieldSchema>
  >,
)
