import { setTimeout as pause } from 'node:timers/promises'
import { payloadOf, type Caller } from '../subject.ts'
import { heapMb } from './heap.ts'

const watchMs = 100
const calmShare = 0.1

/** Makes so many calls that nobody answers yet, and says by how many megabytes the heap has grown when all of them are on their way. */
export async function holdCalls(caller: Caller, count: number, bytes: number): Promise<number> {
  const before = heapMb()
  const payload = payloadOf(bytes)
  // Whoever calls waits for the answer, and so keeps the promise.
  const calls = Array.from({ length: count }, () => caller.call(payload))
  const answers = Promise.allSettled(calls)
  await untilCalm()
  const grown = heapMb() - before
  void answers
  return grown
}

/** Nothing is on its way out any more when the process has nothing to do. */
async function untilCalm(): Promise<void> {
  for (;;) {
    const before = process.cpuUsage()
    await pause(watchMs)
    const { user, system } = process.cpuUsage(before)
    if ((user + system) / 1_000 < watchMs * calmShare) return
  }
}
