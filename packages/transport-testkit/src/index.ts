export { describeTransport } from './describe-transport.ts'
export type { Harness } from './harness.ts'
