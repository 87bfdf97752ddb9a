// Runs before the first paint so that no page flashes in the wrong theme. A file, not inline: the CSP allows no inline script.
;(() => {
  const root = document.documentElement
  let saved = {}
  try {
    saved = JSON.parse(localStorage.getItem('stackalpha.appearance') ?? '{}')
  } catch {
    saved = {}
  }
  const light = window.matchMedia('(prefers-color-scheme: light)').matches
  const theme = saved.theme === 'dark' || saved.theme === 'light' ? saved.theme : light ? 'light' : 'dark'
  root.dataset.theme = theme
  root.dataset.pnl = saved.pnl ?? 'blue-orange'
  root.dataset.density = saved.density ?? 'compact'
})()
