/** What an operator acts on. */
export type OperatedScope = 'platform' | 'venue' | 'user'

export const SCOPES: ReadonlyArray<readonly [OperatedScope, string]> = [
  ['platform', 'Everybody'],
  ['venue', 'One venue'],
  ['user', 'One user'],
]

export function isOperated(scope: string): scope is OperatedScope {
  return SCOPES.some(([known]) => known === scope)
}
