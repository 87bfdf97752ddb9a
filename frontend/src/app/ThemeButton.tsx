import { useCommand } from '@/lib/commands'
import { setAppearance, useAppearance } from '@/lib/preferences/appearance'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/icons'

/** Dark or light at a press; "follow the system" is on the account page. */
export function ThemeButton() {
  const { theme } = useAppearance()
  const dark = theme === 'dark' || (theme === 'system' && document.documentElement.dataset.theme === 'dark')
  const text = dark ? 'Switch to the light theme' : 'Switch to the dark theme'
  const turn = () => setAppearance({ theme: dark ? 'light' : 'dark' })
  useCommand({ id: 'theme', title: text, group: 'Do', run: turn })
  return (
    <Button kind="quiet" aria-label={text} title={text} className="px-0!" onClick={turn}>
      <Icon name={dark ? 'sun' : 'moon'} />
    </Button>
  )
}
