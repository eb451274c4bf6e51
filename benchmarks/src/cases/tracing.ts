import { cpuShare } from './cpu-share.ts'

/** What spans around the verbs take of the CPU of a call, without an SDK. */
export const tracing = cpuShare({
  name: 'tracing',
  title: 'What tracing costs',
  whole: { isTraced: true },
  without: {},
})
