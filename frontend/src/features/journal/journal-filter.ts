// The journal's filters, as they stand in the address.
export interface JournalSearch {
  readonly tab?: 'trades' | 'quality' | undefined
  readonly wallet?: string | undefined
  readonly symbol?: string | undefined
  readonly status?: string | undefined
  /** The execution whose drawer is open. */
  readonly row?: string | undefined
  /** The trade whose drawer is open, or the one of the execution. */
  readonly trade?: string | undefined
}

const TEXT_FIELDS = ['wallet', 'symbol', 'status', 'row', 'trade'] as const

export function readSearch(search: Record<string, unknown>): JournalSearch {
  const text = Object.fromEntries(
    TEXT_FIELDS.map((field) => {
      const value = search[field]
      return [field, typeof value === 'string' && value !== '' ? value : undefined]
    }),
  )
  return { ...text, tab: search.tab === 'trades' || search.tab === 'quality' ? search.tab : undefined }
}

export const EXECUTION_STATUSES = ['filled', 'partial', 'open', 'canceled', 'rejected', 'not_accepted'] as const
