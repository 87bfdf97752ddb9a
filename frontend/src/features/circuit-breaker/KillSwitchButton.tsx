import { useQuery } from '@tanstack/react-query'
import { Suspense, useEffect, useState } from 'react'
import { breakerQuery } from '@/lib/api/queries'
import { useCommand } from '@/lib/commands'
import { Button } from '@/ui/Button'
import { part } from '@/ui/part'
import { latchedRun } from './kill-switch'

const KillSwitchDialog = part(() => import('./KillSwitchDialog'))

/** Opens the kill switch's dialog from every page; Alt+Shift+K does the same. A hotkey opens it and never fires it. */
export function KillSwitchButton() {
  const breaker = useQuery(breakerQuery)
  const [open, setOpen] = useState(false)
  const [run, setRun] = useState<string | null>(null)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.altKey && event.shiftKey && event.code === 'KeyK') {
        event.preventDefault()
        setOpen(true)
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  const under = latchedRun(breaker.data)
  const closing = under !== null && under.state !== 'flat'
  const show = () => {
    setRun(closing ? under.id : null)
    setOpen(true)
  }
  useCommand({ id: 'close all', title: 'Close all positions…', group: 'Do', keys: 'Alt+Shift+K', run: show })
  return (
    <>
      <Button kind="danger" aria-haspopup="dialog" aria-keyshortcuts="Alt+Shift+K" onClick={show}>
        {closing ? 'Closing…' : 'Close all…'}
      </Button>
      {open && (
        <Suspense fallback={null}>
          <KillSwitchDialog
            run={run}
            onRun={setRun}
            onClose={() => {
              setOpen(false)
              setRun(null)
            }}
          />
        </Suspense>
      )}
    </>
  )
}
