// Import zones, generated from the folders of src/features: a new feature is walled off the day its folder appears.
import { readdirSync } from 'node:fs'
import path from 'node:path'

const SRC = path.resolve(import.meta.dirname, '..', 'src')

/** The zone of a file: `features/<name>`, or the first folder under src; undefined outside src. */
export function zoneOf(file) {
  const relative = path.relative(SRC, file)
  if (relative.startsWith('..') || path.isAbsolute(relative)) return undefined
  const [first, second] = relative.split(path.sep)
  return first === 'features' && second !== undefined ? `features/${second}` : first
}

/** For each zone, the zones it must not import. */
export function forbiddenZones(features) {
  const all = features.map((name) => `features/${name}`)
  const above = ['app', 'routes', ...all]
  const rules = { ui: above, charts: above, lib: [...above, 'ui', 'charts'], mocks: above, app: ['routes'] }
  for (const one of all) rules[one] = ['app', 'routes', ...all.filter((other) => other !== one)]
  return rules
}

const features = readdirSync(path.join(SRC, 'features'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
const forbidden = forbiddenZones(features)

/** The absolute file an import names, or undefined where it names a package. */
function target(source, from) {
  if (source.startsWith('@/')) return path.join(SRC, source.slice(2))
  if (source.startsWith('.')) return path.resolve(path.dirname(from), source)
  return undefined
}

export const importZones = {
  meta: { type: 'problem', schema: [], messages: { zone: '{{ from }} must not import {{ to }}.' } },
  create(context) {
    const from = zoneOf(context.filename)
    const check = (node) => {
      const source = node.source?.value
      if (from === undefined || typeof source !== 'string') return
      const file = target(source, context.filename)
      const to = file === undefined ? undefined : zoneOf(file)
      if (to !== undefined && forbidden[from]?.includes(to)) {
        context.report({ node, messageId: 'zone', data: { from, to } })
      }
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    }
  },
}
