// The door for tests.
export { VirtualClock } from './util/virtual-clock.ts'
