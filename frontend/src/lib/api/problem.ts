import { words } from '@/lib/format/words'
import type { Decimal } from './types'

export interface FieldProblem {
  readonly field: string
  readonly code: string
  readonly message: string
  readonly limit?: Decimal | number | null
  readonly value?: Decimal | number | null
}

/** A failed call, in the words of the server's problem+json; status 0 means that no answer came. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string | null,
    readonly errors: ReadonlyArray<FieldProblem> = [],
  ) {
    super(detail || title)
  }

  get isUnreachable(): boolean {
    return this.status === 0
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

const PLAINER: ReadonlyArray<readonly [RegExp, string]> = [
  [/^Input should be a valid decimal/, 'Has to be a number'],
  [/^Input should be /, 'Has to be '],
  [/^Decimal input should have no more than (\d+) decimal places/, 'At most $1 digits after the point'],
  [/^Decimal input should have no more than (\d+) digits in total/, 'At most $1 digits in all'],
  [
    /^Decimal input should have no more than (\d+) digits before the decimal point/,
    'At most $1 digits before the point',
  ],
  [/^String should /, 'Should '],
]

/** The message without the code of its field, which stands beside it, and in words for people. */
function plainer(message: string, field: string): string {
  const own = message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message
  const said = PLAINER.reduce((told, [form, better]) => told.replace(form, better), own)
  return said.charAt(0).toUpperCase() + said.slice(1)
}

function fieldProblem(value: unknown): FieldProblem[] {
  if (typeof value !== 'object' || value === null) return []
  const entry = value as Record<string, unknown>
  const message = text(entry.message)
  if (message === '') return []
  const field = text(entry.field)
  const known = { field: field.replace(/^body\./, ''), code: text(entry.code), message: plainer(message, field) }
  const figures: { limit?: Decimal; value?: Decimal } = {}
  if (entry.limit !== undefined && entry.limit !== null) figures.limit = String(entry.limit)
  if (entry.value !== undefined && entry.value !== null) figures.value = String(entry.value)
  return [{ ...known, ...figures }]
}

/** Reads a problem from any answer that is not 2xx, whatever produced it. */
export async function problemFrom(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => undefined)
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const errors = Array.isArray(fields.errors) ? fields.errors.flatMap(fieldProblem) : []
  return new ApiProblem(
    response.status,
    text(fields.code) || `http_${response.status}`,
    text(fields.title) || response.statusText || 'The server refused',
    text(fields.detail),
    text(fields.request_id) || response.headers.get('x-request-id'),
    errors,
  )
}

export function unreachable(cause: unknown): ApiProblem {
  const timedOut = cause instanceof DOMException && cause.name === 'TimeoutError'
  return new ApiProblem(
    0,
    timedOut ? 'no_answer_in_time' : 'server_unreachable',
    timedOut ? 'The server did not answer in time' : 'The server cannot be reached',
    'Nothing is known to have changed. Stops and limits keep running on the server.',
    null,
  )
}

function fieldSentence({ field, message }: FieldProblem): string {
  return field === '' || field === 'body'
    ? message
    : `${words(field)}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`
}

/** The sentence to show for any thrown value. */
export function sentence(error: unknown): string {
  if (error instanceof ApiProblem) {
    if (error.code === 'invalid_input' && error.errors.length > 0) return error.errors.map(fieldSentence).join(' ')
    return error.detail || error.title
  }
  return error instanceof Error ? error.message : 'Something unexpected happened'
}
