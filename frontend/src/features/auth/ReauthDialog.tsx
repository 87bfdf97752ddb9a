import { Modal } from '@/ui/Modal'
import { SignInForm } from './SignInForm'

interface Props {
  readonly open: boolean
  readonly email: string
  readonly onSignedIn: () => void
  readonly onLeave: () => void
}

/** The session has ended: sign in over the page, whose forms keep what was typed. */
export function ReauthDialog({ open, email, onSignedIn, onLeave }: Props) {
  return (
    <Modal
      open={open}
      onClose={onLeave}
      role="alertdialog"
      title="Your session has ended"
      description="Sign in to go on where you are. Stops and limits keep running on the server meanwhile."
    >
      <div className="mt-4">
        <SignInForm email={email} onSignedIn={onSignedIn} />
      </div>
    </Modal>
  )
}

export default ReauthDialog
