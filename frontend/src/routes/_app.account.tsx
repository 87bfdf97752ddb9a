import { createFileRoute } from '@tanstack/react-router'
import { AccountPage } from '@/features/account/AccountPage'
import { ExportList } from '@/features/exports/ExportList'

export const Route = createFileRoute('/_app/account')({
  component: function Account() {
    return <AccountPage exports={<ExportList />} />
  },
})
