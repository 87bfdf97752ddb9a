import { isMistyped } from '@/lib/format/typed'
import { type Change, shown } from './settings-form'

function effectWords({ effect, setting, after }: Change): string {
  if (effect !== 'changes') return effect
  const number = setting.kind === 'decimal' || setting.kind === 'integer'
  return number && isMistyped(String(after)) ? 'not a number yet' : 'changes the manner'
}

const GLYPHS = { tightens: '↓', loosens: '↑', changes: '→' } as const

export function ChangeList({ changes }: { readonly changes: ReadonlyArray<Change> }) {
  return (
    <div role="region" aria-label="Changes, scrollable" tabIndex={0} className="max-h-40 overflow-auto">
      <ul aria-label="Unsaved changes" className="num space-y-0.5">
        {changes.map((change) => (
          <li key={change.setting.name}>
            <span className="text-mid">{change.setting.label}</span> {shown(change.setting, change.before)} →{' '}
            <b>{shown(change.setting, change.after)}</b>:{' '}
            <span className={change.effect === 'loosens' ? 'font-semibold text-warn' : ''}>
              <span aria-hidden="true">{GLYPHS[change.effect]} </span>
              {effectWords(change)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
