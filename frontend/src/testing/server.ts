import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'

/** The address of an endpoint as tests see it. */
export const api = (path: string) => `http://127.0.0.1:3000/api/v1${path}`

/** Signed in by cookie unless a test says otherwise; everything else a test must declare. */
export const server = setupServer(
  http.post(api('/auth/refresh'), () =>
    HttpResponse.json({ access_token: 'token-1', token_type: 'bearer', expires_in: 900 }),
  ),
)

export function problem(status: number, code: string, detail: string, more: Record<string, unknown> = {}) {
  return HttpResponse.json(
    { type: 'about:blank', title: 'Refused', status, code, detail, request_id: 'req-42', ...more },
    { status, headers: { 'content-type': 'application/problem+json' } },
  )
}
