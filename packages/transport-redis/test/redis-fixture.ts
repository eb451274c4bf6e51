import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  realClock,
  type EventDelivery,
  type TransportContext,
  type TransportNotice,
} from '@lightbus/core/transport'
import { Redis } from 'ioredis'
import { transportModule } from '../src/index.ts'

export const namespace = `test-${randomUUID()}:`
export const url = process.env['REDIS_URL'] ?? ''

/** Options that fit every kind. */
export const place = { url, namespace }

export let redis: Redis

before(async () => {
  if (url === '')
    throw new Error('REDIS_URL is missing: these tests need a Redis server, redis://127.0.0.1:6379/15 say.')
  redis = new Redis(url)
  // Whoever asks is told by the rejection.
  redis.on('error', () => undefined)
  await until('the Redis at REDIS_URL is there', () => redis.status === 'ready')
})

after(async () => {
  try {
    // One that has gone is not waited for.
    if (redis.status !== 'ready') throw new Error(`The Redis at ${url} has gone.`)
    const keys = await redis.keys(`${namespace}*`)
    if (keys.length > 0) await redis.del(keys)
  } finally {
    redis.disconnect()
  }
})

export interface TestContext extends TransportContext {
  readonly notices: TransportNotice[]
}

export function testContext(serviceName = 'shop', processName: string = randomUUID()): TestContext {
  const notices: TransportNotice[] = []
  return {
    serviceName,
    processName,
    clock: realClock,
    notices,
    report: (notice) => void notices.push(notice),
  }
}

export function eventTransport(context: TransportContext, options: object = {}) {
  return transportModule.event!.create({ ...place, ...options }, context)
}
export function rpcTransport(context: TransportContext, options: object = {}) {
  return transportModule.rpc!.create({ ...place, ...options }, context)
}
export function resultTransport(context: TransportContext, options: object = {}) {
  return transportModule.result!.create({ ...place, ...options }, context)
}
export function schemaTransport(context: TransportContext, options: object = {}) {
  return transportModule.schema!.create({ ...place, ...options }, context)
}

/** Opens transports that are closed after the test. */
export function openedInTest(): <T extends { open(): Promise<void>; close(): Promise<void> }>(
  transport: T,
) => Promise<T> {
  const open: { close(): Promise<void> }[] = []
  afterEach(() => Promise.all(open.splice(0).map((transport) => transport.close())))
  return async (transport) => {
    open.push(transport)
    await transport.open()
    return transport
  }
}

/** All that comes, in an array. */
export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Waits until it holds; fails with what it waited for. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  deadlineMs = 8_000,
): Promise<void> {
  const deadline = Date.now() + deadlineMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}`)
    await pause(10)
  }
}

/** Pulls deliveries one by one. */
export function pulling<T = EventDelivery>(from: (signal: AbortSignal) => AsyncIterable<T>) {
  const controller = new AbortController()
  const iterator = from(controller.signal)[Symbol.asyncIterator]()
  return {
    async next(): Promise<T> {
      const { value, done } = await iterator.next()
      if (done) throw new Error('The deliveries have ended')
      return value as T
    },
    ended: () => iterator.next(),
    stop: () => controller.abort(),
  }
}
