import { AsyncLocalStorage } from 'node:async_hooks'

/** The room that a running handler takes up, which others may have while it only waits. */
export interface LendableSlot {
  /** Makes the room free; the returned function takes it back, at once and without waiting. */
  lend(): () => void
}

const taken = new AsyncLocalStorage<LendableSlot>()

/** Runs an act, and all that it awaits, as the holder of a slot. */
export function holdingSlot<T>(slot: LendableSlot, act: () => T): T {
  return taken.run(slot, act)
}

/** Runs an act that only waits, with the slot of the handler around it lent out, if there is one (R28). */
export async function lendingSlot<T>(act: () => Promise<T>): Promise<T> {
  const takeBack = taken.getStore()?.lend()
  try {
    return await act()
  } finally {
    takeBack?.()
  }
}
