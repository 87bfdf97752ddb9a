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

  // Who was signed in here mostly still is: the page's code and the session are asked for at once (see lib/api/session.ts).
  const lines = document.querySelector('meta[name=parts]')?.content.split(';') ?? []
  const parts = new Map(lines.map((line) => [line.split(' ')[0], line.split(' ').slice(1)]))
  const page = parts.get(location.pathname)
  if (page === undefined || remembered('signed-in') !== 'yes') return
  for (const file of [...parts.get('*'), ...page]) {
    const link = document.createElement('link')
    link.rel = 'modulepreload'
    link.crossOrigin = ''
    link.href = file
    document.head.append(link)
  }
  const ask = () => fetch('/api/v1/auth/refresh', { method: 'POST', credentials: 'same-origin' })
  window.stackalphaRenewal = navigator.locks ? navigator.locks.request('stackalpha.refresh', ask) : ask()
  window.stackalphaRenewal.catch(() => undefined)
})()
