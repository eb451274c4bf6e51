export { transportModule, transportModule as default } from './memory-module.ts'
export { inspectBroker } from './memory-broker.ts'
export type { DeadLetter } from './event-group.ts'
export type { MemoryBroker } from './memory-broker.ts'
