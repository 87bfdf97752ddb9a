// Runs before the first paint, while the app's code is on its way. A file, not inline: the CSP allows no inline script.
;(() => {
  const root = document.documentElement
  const remembered = (name) => {
    try {
      return localStorage.getItem(`stackalpha.${name}`)
    } catch {
      return null
    }
  }
  // No page flashes in the wrong theme.
  let saved = {}
  try {
    saved = JSON.parse(remembered('appearance') ?? '{}')
  } catch {
    saved = {}
  }
  const light = window.matchMedia('(prefers-color-scheme: light)').matches
  const theme = saved.theme === 'dark' || saved.theme === 'light' ? saved.theme : light ? 'light' : 'dark'
  root.dataset.theme = theme
  root.dataset.pnl = saved.pnl ?? 'blue-orange'
  root.dataset.density = saved.density ?? 'compact'

  // Who was signed in here mostly still is: the session, the page's code and what the shell reads are asked for at once
  // (see lib/api/session.ts and lib/api/begun.ts).
  const listed = (name) => document.querySelector(`meta[name=${name}]`)?.content ?? ''
  const parts = new Map(
    listed('parts')
      .split(';')
      .map((line) => [line.split(' ')[0], line.split(' ').slice(1)]),
  )
  const page = parts.get(location.pathname)
  if (page === undefined || remembered('signed-in') !== 'yes') return
  const ask = () => fetch('/api/v1/auth/refresh', { method: 'POST', credentials: 'same-origin' })
  const renewal = navigator.locks ? navigator.locks.request('stackalpha.refresh', ask) : ask()
  window.stackalphaRenewal = renewal
  for (const file of new Set([...parts.get('*'), ...page])) {
    const link = document.createElement('link')
    link.rel = 'modulepreload'
    link.crossOrigin = ''
    link.href = file
    document.head.append(link)
  }
  const session = renewal.then((response) => (response.ok ? response.clone().json() : Promise.reject(response.status)))
  const read = async (path) => {
    const authorization = `Bearer ${(await session).access_token}`
    const headers = { accept: 'application/json', authorization }
    return fetch(path, { credentials: 'same-origin', headers, signal: AbortSignal.timeout(10_000) })
  }
  window.stackalphaReads = new Map(
    listed('reads')
      .split(' ')
      .map((path) => [path, read(path)]),
  )
  for (const begun of [renewal, ...window.stackalphaReads.values()]) begun.catch(() => undefined)
})()
