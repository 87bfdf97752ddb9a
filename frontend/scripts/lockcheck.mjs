// `npm ci` refuses a lock that lacks an optional dependency it names, and a lock must name no registry.
import { readFileSync } from 'node:fs'

/** Sentences saying what is wrong with a lock's `packages`; empty when nothing is. */
export function faults(packages) {
  const names = new Set(Object.keys(packages).map((key) => key.replace(/^.*node_modules\//, '')))
  const found = []
  for (const [key, entry] of Object.entries(packages)) {
    const missing = Object.keys(entry.optionalDependencies ?? {}).filter((name) => !names.has(name))
    if (missing.length > 0) found.push(`${key || 'the root'} names ${missing.join(', ')}, which the lock lacks`)
    if (entry.resolved !== undefined) found.push(`${key} carries a resolved address: ${entry.resolved}`)
    if (key !== '' && entry.link !== true && entry.integrity === undefined && entry.inBundle !== true)
      found.push(`${key} has no integrity hash`)
  }
  return found
}

if (process.argv[1] === import.meta.filename) {
  const file = process.argv[2] ?? 'package-lock.json'
  const found = faults(JSON.parse(readFileSync(file, 'utf8')).packages)
  for (const sentence of found) console.error(`${file}: ${sentence}`)
  if (found.length > 0) process.exit(1)
  console.log(`${file}: complete, hashed, and names no registry`)
}
