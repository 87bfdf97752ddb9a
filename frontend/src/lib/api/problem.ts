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

function fieldProblem(value: unknown): FieldProblem[] {
  if (typeof value !== 'object' || value === null) return []
  const entry = value as Record<string, unknown>
  const message = text(entry.message)
  if (message === '') return []
  const known = { field: text(entry.field).replace(/^body\./, ''), code: text(entry.code), message }
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

/** The sentence to show for any thrown value. */
export function sentence(error: unknown): string {
  if (error instanceof ApiProblem) return error.detail || error.title
  return error instanceof Error ? error.message : 'Something unexpected happened'
}
