import type { Redis } from 'ioredis'
import { blockMs } from './blocking-reader.ts'
import type { ScriptRun } from './run-script.ts'

/** What is to come with the item that ends a wait. */
export type Behind = ScriptRun | 'time' | 'nothing'

/** What a wait has brought: an item, and what came with it, in the order in which it was asked for. */
export interface Round {
  readonly first: readonly [key: string, item: string] | null
  readonly fetched: readonly (readonly unknown[] | Error)[]
}

/** Waits for the lists, and asks in the same go for what is to come with an item: the server goes on with that as soon as the wait is over. */
export async function waitAndFetch(
  client: Redis,
  keys: readonly string[],
  behind: readonly Behind[],
): Promise<Round> {
  const waiting = client.blpop([...keys], blockMs / 1_000)
  const replies = behind.map((about) => asked(client, about))
  return { first: await waiting, fetched: await Promise.all(replies) }
}

async function asked(client: Redis, about: Behind): Promise<readonly unknown[] | Error> {
  try {
    if (about === 'nothing') return []
    if (about === 'time') return [milliseconds(await client.time())]
    const { script, keys, values } = about
    return (await client.evalsha(script.sha, keys.length, ...keys, ...values)) as readonly unknown[]
  } catch (error) {
    return error as Error
  }
}

function milliseconds(time: unknown): number {
  const [seconds = 0, micros = 0] = (time as readonly (string | number)[]).map(Number)
  return seconds * 1_000 + Math.floor(micros / 1_000)
}
