import { cpuShare } from './cpu-share.ts'

/** What validation and casting take of the CPU of a call. */
export const validation = cpuShare({
  name: 'validation',
  title: 'What validation costs',
  whole: {},
  without: { isUnchecked: true },
})
