import { useLocation } from '@tanstack/react-router'
import { KillSwitchButton } from '@/features/circuit-breaker/KillSwitchButton'
import { PauseResume } from '@/features/circuit-breaker/PauseResume'
import { TradingStatePill } from '@/features/circuit-breaker/TradingStatePill'
import { AccountFigures, EnvironmentLabel } from './AccountFigures'
import { Bell } from './Bell'
import { Commands } from './Commands'
import { LinkChip, MarketClock } from './LinkStatus'
import { titleOf } from './navigation'
import { ThemeButton } from './ThemeButton'

/** Never scrolls away: where we are, how well we hear the server, what trading may do, and the way to stop it. */
export function TopBar() {
  const { pathname } = useLocation()
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line bg-s1 px-3 py-1.5 md:px-4">
      <h1 className="text-sm font-semibold">{titleOf(pathname)}</h1>
      <EnvironmentLabel />
      <LinkChip />
      <MarketClock />
      <TradingStatePill />
      <div className="ml-auto flex flex-wrap items-center gap-1 sm:gap-2">
        <AccountFigures />
        <PauseResume />
        <Commands />
        <Bell />
        <KillSwitchButton />
        <ThemeButton />
      </div>
    </header>
  )
}
