import { defineError } from './define-error.ts'

// What goes wrong in tests of services.

export const testCallUnexpected = defineError(
  'BUS_TEST_CALL_UNEXPECTED',
  (f: { procedure: string }) =>
    `"${f.procedure}" was called, and nobody answers in this test. Say what it answers, as in t.rpc('${f.procedure}').returns(...), or serve its API in setup.`,
)
export const testApiServed = defineError(
  'BUS_TEST_API_SERVED',
  (f: { api: string; procedure: string }) =>
    `The test cannot answer for "${f.procedure}": the API "${f.api}" is served by the service under test. Leave it out of setup, or let the service answer.`,
)
export const testUnsettled = defineError(
  'BUS_TEST_UNSETTLED',
  (f: { hanging: readonly string[] }) =>
    `The bus does not come to rest:${f.hanging.map((line) => `\n  - ${line}`).join('')}\nEnd what runs; let time pass with t.advance(...) for what waits for a time; or give settle more time: { within, ahead }.`,
)
export const testClockReal = defineError(
  'BUS_TEST_CLOCK_REAL',
  (f: { wanted: string }) =>
    `${f.wanted} needs virtual time, and this test runs in real time, over a real broker. Let time pass with t.advance(...), which waits, or run the test in memory.`,
)
