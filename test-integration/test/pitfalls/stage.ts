import { randomUUID } from 'node:crypto'
import { createBus, defineApi, event, procedure, tokens, type WrittenConfig } from '@lightbus/core'
import type { Clock, EventTransport } from '@lightbus/core/transport'
import { inspectBroker, transportModule as memory } from '@lightbus/transport-memory'
import { Redis } from 'ioredis'
import type { DependencyContainer } from 'tsyringe'
import { z } from 'zod'
import { keepingLog, redisUrl, type TransportName } from '../each-transport.ts'

/** The API of these tests. */
export const shop = defineApi('shop', {
  events: { placed: event({ n: z.int() }) },
  procedures: { pack: procedure({ n: z.int() }, z.int()) },
})

/** How a bus of these tests differs from the usual one. */
export interface Different {
  readonly service?: string
  readonly process?: string
  readonly clock?: Clock
}

/** A bus that serves the shop unless told how else, and lets its parts be seen. */
export function shopBus(config: WrittenConfig, { service = 'shop', process = 'one', clock }: Different = {}) {
  const { log, lines } = keepingLog()
  let parts: DependencyContainer | undefined
  const bus = createBus({
    apis: [shop],
    config,
    // The copy of the module that these tests look into.
    transports: { memory },
    log,
    serviceName: service,
    processName: process,
    override: (container) => {
      parts = container
      if (clock) container.register(tokens.clock, { useValue: clock })
    },
  })
  const eventTransport = async (): Promise<EventTransport> => {
    if (!parts) throw new Error('Use the bus before its parts')
    return parts.resolve(tokens.transports).open('event', 'shop')
  }
  return Object.assign(bus, { lines, eventTransport })
}

type Options = Readonly<Record<string, unknown>>

/** A part of a broker that nobody else uses, seen from outside. */
export interface Place {
  readonly config: WrittenConfig
  /** The connections of all buses with this configuration. */
  connections(): Promise<number>
  /** Cuts them all. */
  cut(): Promise<void>
  /** Lets something come as an event of the shop, and as a call to it, that is neither. */
  inject(raw: string): Promise<void>
  /** How long the schema of the shop lives from now on. */
  schemaTtlMs(): Promise<number | undefined>
  [Symbol.asyncDispose](): Promise<void>
}

/** Makes a place; `api` is written to its default API, `events` to the options of its event transport. */
export function placeOn(transport: TransportName, api: object = {}, events: Options = {}): Place {
  const name = `pitfall-${randomUUID()}`
  return transport === 'memory' ? inMemory(name, api, events) : onRedis(name, api, events)
}

function inMemory(name: string, api: object, events: Options): Place {
  return {
    config: configOf('memory', { namespace: name }, api, events),
    connections: async () => inspectBroker(name)?.links.size ?? 0,
    cut: async () => inspectBroker(name)?.chaos.cut(),
    inject: async (raw) => {
      inspectBroker(name)?.events.inject({ apiName: 'shop', eventName: 'placed' }, raw)
      inspectBroker(name)?.rpcs.inject('shop', raw)
    },
    schemaTtlMs: async () => inspectBroker(name)?.schemas.keys()[0]?.ttlMs,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

function onRedis(name: string, api: object, events: Options, url = redisUrl()): Place {
  const admin = new Redis(url)
  const ids = async (): Promise<readonly string[]> =>
    String(await admin.client('LIST'))
      .split('\n')
      .filter((line) => line.includes(` name=${name} `))
      .map((line) => /^id=(\d+) /.exec(line)?.[1] ?? '')
  return {
    config: configOf('redis', { namespace: `${name}:`, url: `${url}?connectionName=${name}` }, api, events),
    connections: async () => (await ids()).length,
    cut: async () => {
      for (const id of await ids()) await admin.client('KILL', 'ID', id)
    },
    inject: async (raw) => {
      await admin.xadd(`${name}:shop.*:stream`, '*', 'id', raw, 'event_name', 'placed', ':n', raw)
      await admin.rpush(`${name}:shop:rpc_queue`, raw)
    },
    schemaTtlMs: () => admin.pttl(`${name}:schema:shop`),
    [Symbol.asyncDispose]: async () => admin.disconnect(),
  }
}

/** A configuration in which everything travels by one transport. */
export function configOf(
  transport: TransportName,
  options: Options,
  api: object = {},
  events: Options = {},
): WrittenConfig {
  const selector = { [transport]: options }
  const event_transport = { [transport]: { ...options, ...events } }
  return {
    bus: { schema: { transport: selector } },
    apis: { default: { event_transport, rpc_transport: selector, result_transport: selector, ...api } },
  }
}

/** Something that happens once, and can be waited for. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}
