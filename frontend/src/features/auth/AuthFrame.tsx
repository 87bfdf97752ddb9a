import type { ReactNode } from 'react'

/** The narrow page of everybody who is not signed in. */
export function AuthFrame({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <div className="grid min-h-dvh place-items-center p-4">
      <main className="w-full max-w-sm">
        <p className="mb-4 flex items-center gap-2 text-sm font-semibold">
          <img src="/icon.svg" alt="" width="24" height="24" className="rounded" />
          StackAlpha
        </p>
        <div className="rounded-md border border-line bg-s1 p-5">
          <h1 className="text-base font-semibold">{title}</h1>
          {lead && <p className="mt-1 text-mid">{lead}</p>}
          <div className="mt-4">{children}</div>
        </div>
      </main>
    </div>
  )
}
