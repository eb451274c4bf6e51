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
  const pipeline = client.pipeline().blpop([...keys], blockMs / 1_000)
  for (const about of behind) {
    if (about === 'time') pipeline.time()
    else if (about !== 'nothing')
      pipeline.evalsha(about.script.sha, about.keys.length, ...about.keys, ...about.values)
  }
  const [wait, ...rest] = (await pipeline.exec()) ?? []
  const [error, first] = wait ?? []
  if (error) throw error
  const replies = rest.values()
  return {
    first: (first ?? null) as Round['first'],
    fetched: behind.map((about) => {
      if (about === 'nothing') return []
      const [failure, reply] = replies.next().value ?? []
      return failure ?? (about === 'time' ? [milliseconds(reply)] : (reply as readonly unknown[]))
    }),
  }
}

function milliseconds(time: unknown): number {
  const [seconds = 0, micros = 0] = (time as readonly (string | number)[]).map(Number)
  return seconds * 1_000 + Math.floor(micros / 1_000)
}
