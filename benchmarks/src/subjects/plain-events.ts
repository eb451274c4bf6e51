import { randomUUID } from 'node:crypto'
import type { Firer, Handling, Payload, Place, Started } from '../subject.ts'
import { plainClient } from './plain-client.ts'

const [stream, group] = ['plain:stream', 'plain']

export async function firePlain(place: Place): Promise<Firer> {
  const commands = plainClient(place)
  return {
    fire: ({ order, note }) =>
      commands.xadd(
        stream,
        '*',
        'id',
        randomUUID(),
        ':order',
        JSON.stringify(order),
        ':note',
        JSON.stringify(note),
      ),
    async stop() {
      commands.disconnect()
    },
  }
}

/** Reads in batches, parses, handles, and acknowledges the batch with one command. */
export async function handlePlain(place: Place, { concurrency, handled }: Handling): Promise<Started> {
  const blocking = plainClient(place)
  await blocking.xgroup('CREATE', stream, group, '$', 'MKSTREAM').catch(() => undefined)
  let isStopped = false
  const read = async (): Promise<void> => {
    while (!isStopped) {
      const found = (await blocking.xreadgroup(
        ...(['GROUP', group, 'one', 'COUNT', concurrency, 'BLOCK', 100] as const),
        ...(['STREAMS', stream, '>'] as const),
      )) as [string, [string, string[]][]][] | null
      const entries = found?.[0]?.[1] ?? []
      if (entries.length === 0) continue
      await Promise.all(entries.map(async ([, fields]) => handled(payloadIn(fields))))
      await blocking.xack(stream, group, ...entries.map(([id]) => id))
    }
  }
  const running = read()
  return {
    async stop() {
      isStopped = true
      await running
      blocking.disconnect()
    },
  }
}

function payloadIn(fields: readonly string[]): Payload {
  const values = new Map<string, unknown>()
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? ''
    if (name.startsWith(':')) values.set(name.slice(1), JSON.parse(fields[i + 1] ?? ''))
  }
  return Object.fromEntries(values) as unknown as Payload
}
