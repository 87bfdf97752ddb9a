// What forms share: which message of a problem belongs to which field.
import { ApiProblem, type FieldProblem } from '@/lib/api/problem'

/** The problem's messages by field; `rest` holds those of fields the form does not have. */
export function byField(
  error: unknown,
  fields: ReadonlyArray<string>,
): { readonly known: ReadonlyMap<string, string>; readonly rest: ReadonlyArray<FieldProblem> } {
  const problems = error instanceof ApiProblem ? error.errors : []
  const known = new Map<string, string>()
  const rest: FieldProblem[] = []
  for (const problem of problems) {
    if (fields.includes(problem.field)) known.set(problem.field, problem.message)
    else rest.push(problem)
  }
  return { known, rest }
}

/** Moves focus to the first control that was refused. */
export function focusFirstInvalid(form: HTMLFormElement | null): void {
  requestAnimationFrame(() => {
    const target = form?.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]')
    target?.focus()
  })
}
