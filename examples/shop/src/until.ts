import { setTimeout as wait } from 'node:timers/promises'

/** Asks again until the answer is not undefined, and gives it; rejects at the deadline, saying what was awaited. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  seconds = 20,
): Promise<T> {
  const deadline = Date.now() + seconds * 1_000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`Waited ${seconds} seconds in vain for ${what}`)
    await wait(20)
  }
}
