export { transportModule, transportModule as default } from './memory-module.ts'
export { createMemoryBroker, inspectBroker } from './memory-broker.ts'
export type { MemoryBroker } from './memory-broker.ts'
export type { Chaos } from './chaos.ts'
