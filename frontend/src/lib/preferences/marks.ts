// Small facts remembered in this browser (a checklist put away, a toggle). Never anything the server must know.
const PREFIX = 'stackalpha.'

export function readMark(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name)
  } catch {
    return null
  }
}

export function writeMark(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value)
  } catch {
    // Without storage the mark lasts as long as the page.
  }
}
