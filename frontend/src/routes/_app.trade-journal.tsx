import { createFileRoute } from '@tanstack/react-router'
import { useCallback } from 'react'
import { ExportList } from '@/features/exports/ExportList'
import { JournalPage } from '@/features/journal/JournalPage'
import { type JournalSearch, readSearch } from '@/features/journal/journal-filter'

export const Route = createFileRoute('/_app/trade-journal')({
  validateSearch: readSearch,
  component: function TradeJournal() {
    const search = Route.useSearch()
    const navigate = Route.useNavigate()
    const onSearch = useCallback(
      (change: Partial<JournalSearch>) =>
        void navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false }),
      [navigate],
    )
    return <JournalPage search={search} onSearch={onSearch} exports={<ExportList />} />
  },
})
