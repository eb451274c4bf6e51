import type { Case } from '../case.ts'
import { heldHeap } from './held-heap.ts'
import { idleCommands } from './idle-commands.ts'
import { startUp } from './start-up.ts'

/** What a process costs beside its work. */
export const idle: Case = {
  name: 'idle',
  title: 'An idle process, one that waits, and a start',
  async run(stage) {
    const parts = []
    for (const part of [idleCommands, heldHeap, startUp]) parts.push(...(await part(stage, idle.name)))
    return parts
  },
}
