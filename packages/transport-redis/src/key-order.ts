/** Who has, for Redis, the events that wait for an earlier one of their key, and those whose turn has come. They are in nobody's hand. */
export const behindConsumer = 'lightbus:behind'
export const readyConsumer = 'lightbus:ready'

/** Where a group keeps which event of each key is ahead, for a stream and what it redrives of it. */
export interface KeyOrder {
  /** What the scripts of `key-order-scripts` want after their own keys. */
  readonly keys: readonly string[]
  /** The events that wait for an earlier one of their key. */
  readonly behind: string
  /** A stream that says for which groups of the service some event's turn has come. */
  readonly bell: string
}

interface GroupNames {
  readonly stream: string
  readonly group: string
  readonly bell: string
}

/** The order of a group, which holds for each of its streams alone. */
export function keyOrder({ stream, group, bell }: GroupNames, redriven: string): KeyOrder {
  const name = `${stream}:${group}`
  const behind = `${name}:behind`
  return { keys: [stream, redriven, `${name}:keys`, behind, bell], behind, bell }
}

/** Whether an entry is in nobody's hand, but waits for its turn or to be taken. */
export function isWaiting({ consumer }: { readonly consumer: string }): boolean {
  return consumer === behindConsumer || consumer === readyConsumer
}
