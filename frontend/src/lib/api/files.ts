// Bytes rather than JSON: pictures to the server, pictures and exports from it.
import { ApiProblem, problemFrom, unreachable } from './problem'
import { API, accessToken, renew, tokenIsOld } from './session'

async function ask(path: string, init: RequestInit): Promise<Response> {
  if (tokenIsOld() && !(await renew())) {
    throw new ApiProblem(401, 'session_over', 'Signed out', 'The session is over: sign in again.', null)
  }
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${accessToken() ?? ''}`)
  let response: Response
  try {
    response = await fetch(`${API}${path}`, { ...init, headers, credentials: 'same-origin' })
  } catch (cause) {
    throw unreachable(cause)
  }
  if (!response.ok) throw await problemFrom(response)
  return response
}

/** The bytes at a path of the API. */
export async function loadBlob(path: string, signal?: AbortSignal): Promise<Blob> {
  return (await ask(path, signal ? { signal } : {})).blob()
}

/** Sends a picture as the body. */
export async function sendPicture(path: string, file: File): Promise<void> {
  await ask(path, { method: 'POST', body: file, headers: { 'content-type': file.type || 'image/png' } })
}

/** Hands bytes to the browser as a file. */
export function saveAs(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
