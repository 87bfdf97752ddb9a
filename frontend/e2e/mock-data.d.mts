import type { ExecutionStats } from '../src/lib/api/types'

/** What the execution log adds up to. */
export const executionStats: ExecutionStats
