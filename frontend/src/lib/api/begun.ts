// What public/start.js has asked for while this code was on its way.
declare global {
  interface Window {
    /** The renewal of the session. */
    stackalphaRenewal?: Promise<Response> | undefined
    /** The answers to `FIRST_READS`, by address; refused where the session was not renewed. */
    stackalphaReads?: Map<string, Promise<Response>> | undefined
  }
}

/** What every page behind the sign-in reads first; the build names them in the page (vite.config.ts). */
export const FIRST_READS = [
  '/api/v1/risk/status',
  '/api/v1/positions',
  '/api/v1/wallets',
  '/api/v1/circuit-breaker/status',
  '/api/v1/me',
  '/api/v1/notifications?limit=1',
] as const

/** The answer that was asked for already, once; null where there is none, or it is a refusal: then it is asked anew. */
export async function takeRead(url: string): Promise<Response | null> {
  const begun = window.stackalphaReads?.get(url)
  window.stackalphaReads?.delete(url)
  const response = await begun?.catch(() => undefined)
  return response?.ok ? response : null
}

/** Answers to another session are nobody's. */
export function forgetReads(): void {
  window.stackalphaReads = undefined
}
