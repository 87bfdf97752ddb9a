import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { forbiddenZones, zoneOf } from './eslint-zones.js'
import { client, typeOf } from './gen-api.mjs'
import { faults } from './lockcheck.mjs'

describe('the lock check', () => {
  const sound = {
    '': {},
    'node_modules/a': { integrity: 'sha512-x', optionalDependencies: { b: '1' } },
    'node_modules/b': { integrity: 'sha512-y' },
  }
  it('accepts a whole lock', () => {
    expect(faults(sound)).toEqual([])
  })
  it('names an optional dependency that is missing', () => {
    const { 'node_modules/b': _, ...lacking } = sound
    expect(faults(lacking)).toEqual(['node_modules/a names b, which the lock lacks'])
  })
  it('names a registry address and a missing hash', () => {
    expect(faults({ 'node_modules/b': { resolved: 'https://r/b.tgz' } })).toHaveLength(2)
  })
})

describe('the import zones', () => {
  const zones = forbiddenZones(['risk', 'journal'])
  it('keep features from each other and from the shell', () => {
    expect(zones['features/risk']).toEqual(['app', 'routes', 'features/journal'])
  })
  it('keep ui, charts and lib from every feature', () => {
    for (const zone of ['ui', 'charts', 'lib']) expect(zones[zone]).toContain('features/risk')
  })
  it('know a file’s zone', () => {
    const src = `${path.resolve(import.meta.dirname, '../src')}/`
    expect(zoneOf(`${src}features/risk/RiskPage.tsx`)).toBe('features/risk')
    expect(zoneOf(`${src}ui/Button.tsx`)).toBe('ui')
    expect(zoneOf('/elsewhere/x.ts')).toBeUndefined()
  })
})

describe('the generated client', () => {
  it('writes schemas as FastAPI has them', () => {
    expect(typeOf({ anyOf: [{ type: 'string' }, { type: 'null' }] })).toBe('string | null')
    expect(typeOf({ type: 'array', items: { $ref: '#/components/schemas/Page_Trade_' } })).toBe(
      'ReadonlyArray<Page_Trade_>',
    )
    expect(typeOf({ type: 'object', additionalProperties: { type: 'integer' } })).toBe(
      '{ readonly [key: string]: number }',
    )
    expect(typeOf({ type: 'array', prefixItems: [{ type: 'integer' }, { type: 'string' }] })).toBe(
      'readonly [number, string]',
    )
  })
  it('lists endpoints by method and path', () => {
    const answer = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Me' } } } }
    const parameters = [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }]
    const spec = {
      paths: {
        '/api/v1/me/{id}': { get: { parameters, responses: { 200: answer, 422: answer } } },
        '/health/live': { get: { responses: {} } },
      },
    }
    const text = client(spec)
    expect(text).toContain(
      "'GET /me/{id}': {\n    readonly path: { readonly id: string }\n    readonly query: Record<never, never>\n    readonly body: undefined\n    readonly result: Me",
    )
    expect(text).not.toContain('health')
  })
})
