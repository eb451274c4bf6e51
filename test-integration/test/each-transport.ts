import { randomUUID } from 'node:crypto'
import { createBus, isBusError, type BusError, type WrittenConfig } from '@lightbus/core'
import type { Api } from '@lightbus/core'

/** The transports that whole-bus scenarios run on. */
export const transports = ['memory', 'redis'] as const

export type TransportName = (typeof transports)[number]

/** A configuration whose messages nobody else sees. */
export function privateConfig(transport: TransportName, api: object = {}): WrittenConfig {
  const namespace = `test-${randomUUID()}:`
  const options = transport === 'memory' ? { namespace } : { namespace, url: redisUrl() }
  const selector = { [transport]: options }
  return {
    bus: { schema: { transport: selector } },
    apis: {
      default: { event_transport: selector, rpc_transport: selector, result_transport: selector, ...api },
    },
  }
}

/** The Redis that the test command has seen to. */
export function redisUrl(): string {
  const url = process.env['REDIS_URL']
  if (url === undefined)
    throw new Error('REDIS_URL is not set. Run the tests with "npm test", which sees to a Redis.')
  return url
}

/** A log that keeps what is written to it. */
export function keepingLog(): {
  readonly lines: string[]
  readonly log: Record<'debug' | 'info' | 'warn' | 'error', (facts: object, message: string) => void>
} {
  const lines: string[] = []
  const write = (facts: object, message: string): void =>
    void lines.push(`${message} ${JSON.stringify(facts, shown)}`)
  return { lines, log: { debug: write, info: write, warn: write, error: write } }
}

// Of an error JSON would leave out the message.
function shown(_: string, value: unknown): unknown {
  return value instanceof Error ? Object.assign({ message: value.message }, value) : value
}

/** A bus that logs nowhere. */
export function quietBus<const Apis extends readonly Api[]>(
  apis: Apis,
  config: WrittenConfig,
  service = 'service',
) {
  const { log, lines } = keepingLog()
  return Object.assign(createBus({ apis, config, serviceName: service, processName: 'one', log }), { lines })
}

/** The bus error that the promise rejects with. */
export async function busError(
  promise: Promise<unknown>,
): Promise<BusError<string, Record<string, unknown>>> {
  try {
    await promise
  } catch (error) {
    if (isBusError(error)) return error as BusError<string, Record<string, unknown>>
    throw error
  }
  throw new Error('It was expected to be rejected with an error of the bus, and was not')
}

/** Waits until the condition holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  deadlineMs = 8_000,
): Promise<void> {
  const giveUp = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > giveUp) throw new Error(`Waited for ${deadlineMs} ms in vain: ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
