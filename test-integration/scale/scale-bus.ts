import { randomUUID } from 'node:crypto'
import {
  createBus,
  defineApi,
  event,
  type Api,
  type HandlerContext,
  type WrittenConfig,
} from '@lightbus/core'
import {
  createEventMessage,
  realClock,
  type EventMessage,
  type EventTransport,
} from '@lightbus/core/transport'
import { transportModule } from '@lightbus/transport-redis'
import { z } from 'zod'

export const serviceName = 'scale'
export const eventName = 'happened'
export const listenerName = 'l'

/** Where and how a process of the run is. */
export interface Place {
  readonly url: string
  readonly processName: string
  /** Of the event transport. */
  readonly options?: Readonly<Record<string, unknown>> | undefined
}

export function apiNamed(name: string) {
  return defineApi(name, { events: { [eventName]: event({ n: z.number(), text: z.string() }) } })
}

/** What the events of the run say: about as much as usual ones. */
export const parameters = { n: 7, text: 'x'.repeat(100) }

export function eventOf(apiName: string): EventMessage {
  return createEventMessage({ apiName, eventName, parameters })
}

/** A bus whose connections are known by the name of its process. */
export function busFor({ url, processName, options = {} }: Place, apis: readonly Api[]) {
  const redis = { url: `${url}?connectionName=${processName}` }
  const config: WrittenConfig = {
    bus: { schema: { transport: { redis } } },
    apis: {
      default: {
        event_transport: { redis: { ...redis, ...options } },
        rpc_transport: { redis },
        result_transport: { redis },
      },
    },
  }
  return createBus({ apis, config, serviceName, processName, log: quiet })
}

/** An event transport without a bus around it; what it has to tell goes nowhere. */
export function transportFor({ url, processName, options = {} }: Place): EventTransport {
  if (!transportModule.event) throw new Error('The transport has no events.')
  const context = { serviceName, processName, clock: realClock, report: () => undefined }
  return transportModule.event.create({ url: `${url}?connectionName=${processName}`, ...options }, context)
}

export function listenerOf(apiName: string) {
  return { listenerName, events: [{ apiName, eventName }] }
}

export function streamOf(apiName: string): string {
  return `${apiName}.*:stream`
}

export const group = `${serviceName}-${listenerName}`

/** Tells whoever waits for an event that it was handled, and counts. */
export class Handled {
  readonly #waiting = new Map<string, () => void>()
  /** How many were handled, and how many of them had been given to somebody before. */
  count = 0
  again = 0

  readonly handler = (_: never, { message, attempt }: HandlerContext): void => {
    this.count += 1
    if (attempt > 1) this.again += 1
    this.#waiting.get(message.id)?.()
  }

  /** From just before it is fired until it was handled, in milliseconds. */
  async timeOf(fire: (id: string) => Promise<unknown>): Promise<number> {
    const id = randomUUID()
    const beganAt = performance.now()
    const handled = new Promise<void>((resolve) => this.#waiting.set(id, resolve))
    await fire(id)
    await handled
    this.#waiting.delete(id)
    return performance.now() - beganAt
  }
}

const drop = (): void => undefined
const quiet = { debug: drop, info: drop, warn: drop, error: drop }
