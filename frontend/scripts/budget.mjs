// Sizes of the built chunks, gzipped, against the budget of the design. Run after `vite build`.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

const DIST = path.resolve(import.meta.dirname, '..', 'dist')
/** Says only what is over. */
const QUIET = process.argv.includes('--quiet')
const LIMITS_KB = { shell: 115, route: 60, candles: 65, css: 15 }

const manifest = JSON.parse(readFileSync(path.join(DIST, '.vite/manifest.json'), 'utf8'))
const kilobytes = (file) => gzipSync(readFileSync(path.join(DIST, file)), { level: 9 }).length / 1024

/** Every chunk that loads when `key` loads: itself and its static imports. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) closure(next, seen)
  return seen
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)
const shellChunks = closure(entry)
const weigh = (keys) => [...keys].reduce((sum, key) => sum + kilobytes(manifest[key].file), 0)
const css = new Set([...Object.values(manifest)].flatMap((chunk) => chunk.css ?? []))

const rows = [['shell', weigh(shellChunks), LIMITS_KB.shell]]
for (const key of Object.keys(manifest)) {
  if (!manifest[key].isDynamicEntry) continue
  const own = [...closure(key)].filter((one) => !shellChunks.has(one))
  const candles = key.includes('CandleChart')
  rows.push([key, weigh(own), candles ? LIMITS_KB.candles : LIMITS_KB.route])
}
rows.push(['css', [...css].reduce((sum, file) => sum + kilobytes(file), 0), LIMITS_KB.css])

let over = 0
for (const [name, size, limit] of rows.sort((a, b) => b[1] - a[1])) {
  if (size > limit) over += 1
  else if (QUIET) continue
  console.log(`${size > limit ? 'OVER' : 'ok  '} ${size.toFixed(1).padStart(6)} of ${limit} kB  ${name}`)
}
if (QUIET && over === 0) console.log(`budgets: ${rows.length} chunks within theirs`)
process.exit(over > 0 ? 1 : 0)
