// Writes src/lib/api/api.gen.ts from the API's OpenAPI document: types, and a table of endpoints by method and path.
// Node alone, so that the client can be generated and checked wherever the app is built.
// `--check` writes nothing and fails when the committed file differs.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const HERE = path.resolve(import.meta.dirname, '..')
const SPEC = path.resolve(HERE, 'openapi.json')
const OUTPUT = path.resolve(HERE, 'src/lib/api/api.gen.ts')
const PREFIX = '/api/v1'
const METHODS = ['get', 'post', 'put', 'patch', 'delete']
const SCALARS = { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' }

const name = (text) => text.replace(/[^A-Za-z0-9_$]/g, '_')
const key = (text) => (/^[A-Za-z_$][\w$]*$/.test(text) ? text : JSON.stringify(text))
const union = (parts) => [...new Set(parts)].join(' | ')

function objectType(schema) {
  const required = new Set(schema.required ?? [])
  if (schema.properties === undefined) {
    const values = typeof schema.additionalProperties === 'object' ? typeOf(schema.additionalProperties) : 'unknown'
    return `{ readonly [key: string]: ${values} }`
  }
  return `{ ${Object.entries(schema.properties)
    .map(([field, one]) => property(field, one, required.has(field)))
    .join('; ')} }`
}

/** The TypeScript of a schema, as FastAPI writes them. */
export function typeOf(schema) {
  if (schema.$ref !== undefined) return name(schema.$ref.split('/').at(-1))
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)))
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return union(choices.map(typeOf))
  if (schema.allOf !== undefined) return schema.allOf.map(typeOf).join(' & ')
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => typeOf({ ...schema, type })))
  if (schema.type === 'array') {
    if (schema.prefixItems !== undefined) return `readonly [${schema.prefixItems.map(typeOf).join(', ')}]`
    return `ReadonlyArray<${schema.items === undefined ? 'unknown' : typeOf(schema.items)}>`
  }
  if (schema.type === 'object' || schema.properties !== undefined) return objectType(schema)
  return SCALARS[schema.type] ?? 'unknown'
}

function property(field, schema, required) {
  return `readonly ${key(field)}${required ? '' : '?'}: ${typeOf(schema)}`
}

function documentation(schema, indent = '') {
  const text = schema.description?.trim().replaceAll('*/', '* /').split('\n')
  if (text === undefined) return ''
  if (text.length === 1) return `${indent}/** ${text[0]} */\n`
  return `${indent}/**\n${text.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`
}

function declaration(title, schema) {
  if (schema.properties === undefined) return `${documentation(schema)}export type ${name(title)} = ${typeOf(schema)}\n`
  const required = new Set(schema.required ?? [])
  const fields = Object.entries(schema.properties).map(
    ([field, one]) => `${documentation(one, '  ')}  ${property(field, one, required.has(field))}\n`,
  )
  return `${documentation(schema)}export interface ${name(title)} {\n${fields.join('')}}\n`
}

function parameters(operation, shared, place) {
  const all = [...shared, ...(operation.parameters ?? [])].filter((one) => one.in === place)
  if (all.length === 0) return 'Record<never, never>'
  return `{ ${all.map((one) => property(one.name, one.schema, one.required === true)).join('; ')} }`
}

function bodyType(operation) {
  const schema = operation.requestBody?.content?.['application/json']?.schema
  if (schema === undefined) return 'undefined'
  return operation.requestBody.required === true ? typeOf(schema) : `${typeOf(schema)} | undefined`
}

function resultType(operation) {
  const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
  return union(
    answers.map(([, answer]) => {
      const schema = answer.content?.['application/json']?.schema
      return schema === undefined ? 'undefined' : typeOf(schema)
    }),
  )
}

function endpoints(spec) {
  const rows = []
  for (const [route, item] of Object.entries(spec.paths)) {
    if (!route.startsWith(PREFIX)) continue
    for (const method of METHODS) {
      const operation = item[method]
      if (operation === undefined) continue
      const shared = item.parameters ?? []
      rows.push(
        `  '${method.toUpperCase()} ${route.slice(PREFIX.length)}': {\n` +
          `    readonly path: ${parameters(operation, shared, 'path')}\n` +
          `    readonly query: ${parameters(operation, shared, 'query')}\n` +
          `    readonly body: ${bodyType(operation)}\n` +
          `    readonly result: ${resultType(operation)}\n  }\n`,
      )
    }
  }
  return `export interface Endpoints {\n${rows.join('')}}\n`
}

/** The whole module. */
export function client(spec) {
  const types = Object.entries(spec.components?.schemas ?? {}).map(([title, schema]) => declaration(title, schema))
  return `// Generated by scripts/gen-api.mjs from openapi.json. Do not edit.\n\n${[...types, endpoints(spec)].join('\n')}`
}

function run(check) {
  if (!existsSync(SPEC)) {
    console.log('openapi.json is not there: nothing to generate from')
    return 0
  }
  const wanted = client(JSON.parse(readFileSync(SPEC, 'utf8')))
  const present = existsSync(OUTPUT) ? readFileSync(OUTPUT, 'utf8') : ''
  if (wanted === present) return 0
  if (check) {
    console.error('src/lib/api/api.gen.ts does not match openapi.json: run `npm run gen` and commit the result')
    return 1
  }
  writeFileSync(OUTPUT, wanted)
  console.log('wrote src/lib/api/api.gen.ts')
  return 0
}

if (process.argv[1] === import.meta.filename) process.exit(run(process.argv.includes('--check')))
