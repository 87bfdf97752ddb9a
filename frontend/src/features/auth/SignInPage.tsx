import { Link } from '@tanstack/react-router'
import { AuthFrame } from './AuthFrame'
import { SignInForm } from './SignInForm'

export function SignInPage({ onSignedIn, notice }: { onSignedIn: () => void; notice?: string | undefined }) {
  return (
    <AuthFrame title="Sign in">
      {notice && (
        <p role="status" className="mb-3 rounded border border-line-strong px-3 py-2">
          {notice}
        </p>
      )}
      <SignInForm onSignedIn={onSignedIn} />
      <p className="mt-4 flex flex-wrap justify-between gap-2 text-mid">
        <Link to="/reset-password" className="inline-flex min-h-6 items-center underline pointer-coarse:min-h-11">
          Forgotten password
        </Link>
        <Link to="/sign-up" className="inline-flex min-h-6 items-center underline pointer-coarse:min-h-11">
          Create an account
        </Link>
      </p>
    </AuthFrame>
  )
}
