import { HttpResponse, http } from 'msw'
import { describe, expect, it } from 'vitest'
import { testClient } from '@/testing/render'
import { api, problem, server } from '@/testing/server'
import { FIRST_READS } from './begun'
import { call, callWithEtag, newIdempotencyKey } from './call'
import { ApiProblem } from './problem'
import { alertsQuery, breakerQuery, meQuery, positionsQuery, riskStatusQuery, walletsQuery } from './queries'
import { adopt, forget, resetSession, sessionState, wasSignedIn } from './session'

const SESSION = { access_token: 'token-0', token_type: 'bearer', expires_in: 900 } as const
const rejected = async (promise: Promise<unknown>): Promise<ApiProblem> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ApiProblem)
  return error as ApiProblem
}

describe('a call', () => {
  it('fills the path, leaves out empty query values and sends the token', async () => {
    adopt(SESSION)
    let seen: Request | undefined
    server.use(
      http.get(api('/execution/logs'), ({ request }) => {
        seen = request
        return HttpResponse.json({ items: [], next_cursor: null })
      }),
    )
    await call('GET /execution/logs', { query: { limit: 5, symbol: '' } })
    expect(seen?.url).toBe(api('/execution/logs?limit=5'))
    expect(seen?.headers.get('authorization')).toBe('Bearer token-0')
  })

  it('gives back the entity tag and sends If-Match and the idempotency key', async () => {
    adopt(SESSION)
    let seen: Headers | undefined
    server.use(
      http.patch(api('/risk/settings'), ({ request }) => {
        seen = request.headers
        return HttpResponse.json({}, { headers: { etag: '"8"' } })
      }),
    )
    const answer = await callWithEtag('PATCH /risk/settings', { body: {}, ifMatch: '"7"', idempotencyKey: 'k' })
    expect(answer.etag).toBe('"8"')
    expect(seen?.get('if-match')).toBe('"7"')
    expect(seen?.get('idempotency-key')).toBe('k')
  })

  it('takes the renewal that the page began before its code was here, and asks for no other', async () => {
    window.stackalphaRenewal = Promise.resolve(Response.json({ ...SESSION, access_token: 'early' }))
    server.use(http.get(api('/me'), ({ request }) => HttpResponse.json({ id: request.headers.get('authorization') })))
    const all = await Promise.all([call('GET /me'), call('GET /me')])
    expect(all.map((me) => me.id)).toEqual(['Bearer early', 'Bearer early'])
    expect(window.stackalphaRenewal).toBeUndefined()
  })

  it('takes an answer that the page asked for before its code was here, once, and asks anew for a refused one', async () => {
    adopt(SESSION)
    window.stackalphaReads = new Map([
      ['/api/v1/me', Promise.resolve(Response.json({ id: 'early' }))],
      ['/api/v1/wallets', Promise.resolve(new Response(null, { status: 503 }))],
      ['/api/v1/positions', Promise.reject(new Error('offline'))],
    ])
    server.use(
      http.get(api('/me'), () => HttpResponse.json({ id: 'asked' })),
      http.get(api('/wallets'), () => HttpResponse.json({ items: ['asked'] })),
      http.get(api('/positions'), () => HttpResponse.json({ items: ['asked'] })),
    )
    expect([(await call('GET /me')).id, (await call('GET /me')).id]).toEqual(['early', 'asked'])
    expect((await call('GET /wallets')).items).toEqual(['asked'])
    expect((await call('GET /positions')).items).toEqual(['asked'])
  })

  it('takes nothing that was asked for in a session that is over', async () => {
    adopt(SESSION)
    window.stackalphaReads = new Map([['/api/v1/me', Promise.resolve(Response.json({ id: 'early' }))]])
    forget('signed-out')
    adopt(SESSION)
    server.use(http.get(api('/me'), () => HttpResponse.json({ id: 'asked' })))
    expect((await call('GET /me')).id).toBe('asked')
  })

  it('finds what the page asks for early under the addresses that the shell reads', async () => {
    adopt(SESSION)
    window.stackalphaReads = new Map(
      FIRST_READS.map((path) => [path, Promise.resolve(Response.json({ items: [], environments: [], unread: 0 }))]),
    )
    const client = testClient()
    await Promise.all([
      client.fetchQuery(riskStatusQuery),
      client.fetchQuery(positionsQuery),
      client.fetchQuery(walletsQuery),
      client.fetchQuery(breakerQuery),
      client.fetchQuery(meQuery),
      client.fetchQuery(alertsQuery),
    ])
    expect([...window.stackalphaReads.keys()]).toEqual([])
  })

  it('remembers in this browser whether somebody is signed in', () => {
    adopt(SESSION)
    expect(wasSignedIn()).toBe(true)
    forget('expired')
    expect(wasSignedIn()).toBe(false)
  })

  it('renews an old token once for many calls at the same time', async () => {
    let renewals = 0
    server.use(
      http.post(api('/auth/refresh'), () => {
        renewals += 1
        return HttpResponse.json({ ...SESSION, access_token: 'fresh' })
      }),
      http.get(api('/me'), ({ request }) => HttpResponse.json({ id: request.headers.get('authorization') })),
    )
    const all = await Promise.all([call('GET /me'), call('GET /me'), call('GET /me')])
    expect(renewals).toBe(1)
    expect(all.map((me) => me.id)).toEqual(['Bearer fresh', 'Bearer fresh', 'Bearer fresh'])
  })

  it('tries again once after a 401', async () => {
    adopt(SESSION)
    server.use(
      http.get(api('/me'), ({ request }) =>
        request.headers.get('authorization') === 'Bearer token-1'
          ? HttpResponse.json({ id: 'u1' })
          : problem(401, 'token_expired', 'The token has expired.'),
      ),
    )
    expect((await call('GET /me')).id).toBe('u1')
  })

  it('says the session has expired when the cookie no longer renews it', async () => {
    adopt(SESSION)
    server.use(
      http.post(api('/auth/refresh'), () => problem(401, 'no_session', 'There is no session.')),
      http.get(api('/me'), () => problem(401, 'token_expired', 'The token has expired.')),
    )
    await rejected(call('GET /me'))
    expect(sessionState()).toBe('expired')
    resetSession()
  })

  it('keeps the server’s words, fields and request id', async () => {
    adopt(SESSION)
    const errors = [{ field: 'max_leverage', code: 'too_high', message: 'Leverage 50 is above 25.', limit: 25 }]
    server.use(http.get(api('/me'), () => problem(422, 'invalid', 'One field was refused.', { errors })))
    const error = await rejected(call('GET /me'))
    expect([error.status, error.code, error.requestId]).toEqual([422, 'invalid', 'req-42'])
    expect(error.errors).toEqual([
      { field: 'max_leverage', code: 'too_high', message: 'Leverage 50 is above 25.', limit: '25' },
    ])
  })

  it('makes a problem of a page that is no JSON', async () => {
    adopt(SESSION)
    server.use(http.get(api('/me'), () => new HttpResponse('<html>', { status: 502, statusText: 'Bad Gateway' })))
    const error = await rejected(call('GET /me'))
    expect([error.status, error.code, error.title]).toEqual([502, 'http_502', 'Bad Gateway'])
  })

  it('says that nothing is known when no answer comes', async () => {
    adopt(SESSION)
    server.use(http.get(api('/me'), () => HttpResponse.error()))
    const error = await rejected(call('GET /me'))
    expect(error.isUnreachable).toBe(true)
    expect(error.message).toContain('Nothing is known to have changed')
  })

  it('has a new key for every intention', () => {
    expect(newIdempotencyKey()).not.toBe(newIdempotencyKey())
  })
})
