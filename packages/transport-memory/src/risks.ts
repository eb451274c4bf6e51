import type { Risk } from '@lightbus/core/transport'

/** What nobody can set otherwise here. */
export const memoryRisks: readonly Risk[] = [
  {
    severity: 'warning',
    setting: 'transport',
    value: 'memory',
    risk: 'All messages are lost with the process, and no other process hears of them.',
    cure: 'Choose the transport redis for services that run in processes of their own.',
  },
]
