import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import { call } from '@/lib/api/call'
import { keys } from '@/lib/api/queries'
import type { NotificationSettings, NotificationSettingsPatch } from '@/lib/api/types'

/** Changes settings; the page shows what the server confirmed. */
export function useSettingsChange(): UseMutationResult<NotificationSettings, Error, NotificationSettingsPatch> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: NotificationSettingsPatch) => call('PATCH /notifications/settings', { body }),
    onSuccess: (settings) => client.setQueryData(keys.notificationSettings, settings),
  })
}
