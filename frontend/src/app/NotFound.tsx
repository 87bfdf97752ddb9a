import { Link } from '@tanstack/react-router'
import { buttonClass } from '@/ui/Button'

export function NotFound() {
  return (
    <div className="grid min-h-dvh place-items-center p-4">
      <main className="space-y-3 text-center">
        <h1 className="text-base font-semibold">There is no page at this address</h1>
        <Link to="/" className={buttonClass('primary')}>
          Go to the overview
        </Link>
      </main>
    </div>
  )
}
