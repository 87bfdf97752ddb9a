import {
  type ComponentType,
  createContext,
  lazy,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useState,
} from 'react'
import { Button } from './Button'

const Retry = createContext(() => {})

interface NotLoadedProps {
  readonly onRetry: () => void
  readonly onGone: () => void
}

/** Instead of the part: the page around it, with its way to stop trading, stays. */
function NotLoaded({ onRetry, onGone }: NotLoadedProps) {
  useEffect(() => onGone, [onGone])
  return (
    <div
      role="alert"
      className="fixed inset-x-3 bottom-20 z-50 mx-auto max-w-md rounded border border-crit bg-s2 px-3 py-2 text-fg shadow-lg lg:bottom-4"
    >
      <p className="font-semibold text-crit">
        <span aria-hidden="true">‼ </span>This could not be loaded
      </p>
      <p className="mt-0.5 whitespace-normal">
        There is no connection, or StackAlpha was updated while this page was open. In that case it has to be loaded
        anew.
      </p>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button onClick={onRetry}>Try again</Button>
        <Button onClick={() => window.location.reload()}>Load the page anew</Button>
      </div>
    </div>
  )
}

type PropsOf<Whole> = Whole extends (props: infer Props extends object) => ReactNode ? Props : Record<never, never>

/**
 * A component whose code comes when it is first shown, like React's `lazy`; where it does not come it says so in its
 * place instead of throwing the whole page away, and asks for the code again when it is shown again.
 */
export function part<Whole extends (props: never) => ReactNode>(
  load: () => Promise<{ readonly default: Whole }>,
): (props: PropsOf<Whole>) => ReactNode {
  type Shown = ComponentType<object>
  const come = load as unknown as () => Promise<{ readonly default: Shown }>
  const fetched = () => lazy(() => come().catch(() => ({ default: Missing as Shown })))
  let current = fetched()
  const forget = () => {
    current = fetched()
  }
  function Missing() {
    return <NotLoaded onRetry={useContext(Retry)} onGone={forget} />
  }
  return function Part(props: PropsOf<Whole>) {
    const [held, hold] = useState({ Held: current })
    const retry = useCallback(() => {
      forget()
      hold({ Held: current })
    }, [])
    return (
      <Retry value={retry}>
        <held.Held {...props} />
      </Retry>
    )
  }
}
