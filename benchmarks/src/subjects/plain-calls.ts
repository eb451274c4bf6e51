import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis-6'
import type { Caller, Payload, Place, Started } from '../subject.ts'
import { plainClient } from './plain-client.ts'

// What a call needs that is to be executed at most once, and nothing more: a record that expires, a queue, a claim, one reply list for each
// client. Everything that can go with others goes with them.

const queue = 'plain:calls'

interface Call {
  readonly metadata: { readonly id: string; readonly return_path: string }
  readonly kwargs: Payload
}

interface Reply {
  readonly metadata: { readonly rpc_message_id: string }
  readonly kwargs: { readonly result: Payload }
}

export async function servePlain(place: Place): Promise<Started> {
  const commands = plainClient(place)
  const stopReading = reading(place, commands, queue, async (blobs) => {
    const calls = blobs.map((blob) => JSON.parse(blob) as Call)
    const claimed = await Promise.all(calls.map(({ metadata }) => commands.del(recordOf(metadata.id))))
    const replies = new Map<string, string[]>()
    for (const [index, { metadata, kwargs }] of calls.entries()) {
      if (claimed[index] !== 1) continue
      const reply: Reply = { metadata: { rpc_message_id: metadata.id }, kwargs: { result: kwargs } }
      const toSame = replies.get(metadata.return_path) ?? []
      toSame.push(JSON.stringify(reply))
      replies.set(metadata.return_path, toSame)
    }
    for (const [list, some] of replies)
      await Promise.all([commands.rpush(list, ...some), commands.pexpire(list, 60_000)])
  })
  return {
    async stop() {
      await stopReading()
      commands.disconnect()
    },
  }
}

export async function callPlain(place: Place): Promise<Caller> {
  const commands = plainClient(place)
  const list = `plain:replies:${randomUUID()}`
  const waiting = new Map<string, (result: Payload) => void>()
  const stopReading = reading(place, commands, list, async (blobs) => {
    for (const blob of blobs) {
      const { metadata, kwargs } = JSON.parse(blob) as Reply
      waiting.get(metadata.rpc_message_id)?.(kwargs.result)
      waiting.delete(metadata.rpc_message_id)
    }
  })
  return {
    async call(kwargs) {
      const id = randomUUID()
      const result = new Promise<Payload>((resolve) => waiting.set(id, resolve))
      const call: Call = { metadata: { id, return_path: list }, kwargs }
      void commands.set(recordOf(id), 1, 'PX', 60_000)
      await commands.rpush(queue, JSON.stringify(call))
      return result
    },
    async stop() {
      await stopReading()
      commands.disconnect()
    },
  }
}

function recordOf(id: string): string {
  return `plain:expiry:${id}`
}

/** Waits for the list, and takes with the first item whatever stands behind it. */
function reading(
  place: Place,
  commands: Redis,
  list: string,
  take: (items: readonly string[]) => Promise<void>,
): () => Promise<void> {
  const blocking = plainClient(place)
  let isStopped = false
  const read = async (): Promise<void> => {
    while (!isStopped) {
      const first = await blocking.blpop(list, 1)
      if (!first) continue
      const [rest] = await Promise.all([commands.lrange(list, 0, 998), commands.ltrim(list, 999, -1)])
      await take([first[1], ...rest])
    }
  }
  const running = read()
  return async () => {
    isStopped = true
    await running
    blocking.disconnect()
  }
}
