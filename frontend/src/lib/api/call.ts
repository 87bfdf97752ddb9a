import { takeRead } from './begun'
import { ApiProblem, problemFrom, unreachable } from './problem'
import { API, accessToken, forget, renew, sessionState, tokenIsOld } from './session'
import { askForProof } from './step-up'
import type { Endpoints } from './types'

export type EndpointKey = keyof Endpoints
// Written out as one object: the checker compares a call with every endpoint that it might be, and takes ten times as
// long over intersections.
type Flat<Options> = { [Name in keyof Options]: Options[Name] }
type Given<Key extends string, Value> = Value extends undefined
  ? { [K in Key]?: undefined }
  : Record<never, never> extends Value
    ? { [K in Key]?: Value }
    : { [K in Key]: Value }

// One entry per endpoint: spelt over the union of all of them, paths, queries and bodies would multiply.
type AllOptions = {
  [K in EndpointKey]: Flat<
    Given<'path', Endpoints[K]['path']> &
      Given<'query', Endpoints[K]['query']> &
      Given<'body', Endpoints[K]['body']> & {
        readonly idempotencyKey?: string
        readonly ifMatch?: string | null
        readonly signal?: AbortSignal
      }
  >
}
type WithoutOptions = { [K in EndpointKey]: Record<never, never> extends AllOptions[K] ? K : never }[EndpointKey]
type WithOptions = Exclude<EndpointKey, WithoutOptions>
export type CallOptions<K extends EndpointKey> = AllOptions[K]

export interface Answer<Result> {
  readonly result: Result
  readonly etag: string | null
}

const ANSWER_WITHIN_MS = 20_000
// These act by their body or by the cookie alone.
const WITHOUT_SESSION = new Set<string>([
  'POST /auth/sign-out',
  'POST /auth/sign-up',
  'POST /auth/sign-in',
  'POST /auth/verify-email',
  'POST /auth/password-reset',
  'POST /auth/password-reset/confirm',
])

/** A key for one intention of the user: the same key for every retry of it. */
export function newIdempotencyKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

interface Loose {
  path?: Record<string, string> | undefined
  query?: Record<string, string | number | boolean | ReadonlyArray<string> | null | undefined> | undefined
  body?: unknown
  idempotencyKey?: string
  ifMatch?: string | null
  signal?: AbortSignal
}

function address(template: string, options: Loose): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(options.path?.[name] ?? ''))
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(options.query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== '') query.append(name, String(one))
    }
  }
  return query.size > 0 ? `${API}${path}?${query}` : `${API}${path}`
}

function headers(options: Loose, withSession: boolean): Headers {
  const all = new Headers({ accept: 'application/json' })
  if (options.body !== undefined) all.set('content-type', 'application/json')
  if (options.idempotencyKey !== undefined) all.set('idempotency-key', options.idempotencyKey)
  if (options.ifMatch) all.set('if-match', options.ifMatch)
  const token = accessToken()
  if (withSession && token !== null) all.set('authorization', `Bearer ${token}`)
  return all
}

const { scheduler } = globalThis as { readonly scheduler?: { readonly yield?: () => Promise<void> } }

async function send(method: string, url: string, options: Loose, withSession: boolean): Promise<Response> {
  // A page reads a dozen things at once: each in a task of its own leaves room for a press between them.
  if (method === 'GET') {
    const begun = await takeRead(url)
    if (begun !== null) return begun
    await scheduler?.yield?.()
  }
  const limit = AbortSignal.timeout(ANSWER_WITHIN_MS)
  try {
    return await fetch(url, {
      method,
      credentials: 'same-origin',
      headers: headers(options, withSession),
      signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    })
  } catch (cause) {
    if (options.signal?.aborted) throw cause
    throw unreachable(cause)
  }
}

function sessionOver(): ApiProblem {
  return new ApiProblem(401, 'session_over', 'Signed out', 'The session is over: sign in again.', null)
}

/** What every call does; the types are the callers'. */
async function ask(key: string, options: Loose): Promise<Answer<unknown>> {
  const [method = 'GET', template = ''] = key.split(' ')
  const url = address(template, options)
  const withSession = !WITHOUT_SESSION.has(key)
  if (withSession && tokenIsOld()) {
    // Once the server has said that the session is over, nobody asks again until somebody has signed in.
    if (sessionState() === 'expired' || sessionState() === 'signed-out') throw sessionOver()
    if (!(await renew())) throw sessionOver()
  }
  let response = await send(method, url, options, withSession)
  if (response.status === 401 && withSession && (await renew())) {
    response = await send(method, url, options, withSession)
  }
  if (!response.ok) {
    const problem = await problemFrom(response)
    // The server wants to see again who sits there: ask over the page, then do what was asked for.
    if (problem.code !== 'step_up_required' || !(await askForProof())) throw problem
    response = await send(method, url, options, withSession)
    if (!response.ok) throw await problemFrom(response)
  }
  const result: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined)
  return { result, etag: response.headers.get('etag') }
}

/** Calls one endpoint; throws ApiProblem for everything that is not a 2xx answer. */
export function callWithEtag<K extends WithoutOptions>(
  key: K,
  options?: CallOptions<K>,
): Promise<Answer<Endpoints[K]['result']>>
export function callWithEtag<K extends WithOptions>(
  key: K,
  options: CallOptions<K>,
): Promise<Answer<Endpoints[K]['result']>>
export function callWithEtag(key: string, options: unknown = {}): Promise<Answer<unknown>> {
  return ask(key, options as Loose)
}

export function call<K extends WithoutOptions>(key: K, options?: CallOptions<K>): Promise<Endpoints[K]['result']>
export function call<K extends WithOptions>(key: K, options: CallOptions<K>): Promise<Endpoints[K]['result']>
export async function call(key: string, options: unknown = {}): Promise<unknown> {
  return (await ask(key, options as Loose)).result
}

/** Signs out here even when the server cannot be told; the cookie then dies of age. */
export async function signOut(): Promise<void> {
  try {
    await call('POST /auth/sign-out')
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error
  } finally {
    forget('signed-out')
  }
}
