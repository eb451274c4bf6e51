// The door for tests.
export { testBus, type TestBus, type TestBusOptions } from './testing/test-bus.ts'
export type { DeadLetterExpectation, HandlingExpectation, MessageExpectation } from './testing/expectation.ts'
export type { SettleLimits } from './testing/settle.ts'
export type { Stub } from './testing/stubs.ts'
export { VirtualClock } from './util/virtual-clock.ts'
