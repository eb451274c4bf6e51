import { backoffMs } from '@lightbus/core/transport'
import { Redis, type RedisOptions } from 'ioredis'

const connectTimeoutMs = 2_500
const commandTimeoutMs = 3_000

const common = {
  lazyConnect: true,
  connectTimeout: connectTimeoutMs,
  // A command fails at once while there is no connection: what were queued would run later, although its sender was told otherwise.
  enableOfflineQueue: false,
  // A second try of what may have been done is the business of whoever knows whether it does harm.
  autoResendUnfulfilledCommands: false,
  // What was under way when the connection was lost fails at once, instead of holding up all that comes after it.
  maxRetriesPerRequest: 0,
} satisfies Omit<RedisOptions, 'replyMapping'>

/** The client for everything that does not wait. Once connected it reconnects for ever. */
export function commandClient(url: string): Redis {
  let isConnected = false
  const client = new Redis(url, {
    ...common,
    enableAutoPipelining: true,
    commandTimeout: commandTimeoutMs,
    socketTimeout: commandTimeoutMs + 1_000,
    retryStrategy: (times) => (isConnected ? backoffMs(times, { baseMs: 50, maxMs: 2_000 }) : null),
  })
  client.once('ready', () => (isConnected = true))
  return client
}

/** A client for reads that wait at the server for up to `blockMs`. Never reconnects: its owner replaces it. */
export function blockingClient(url: string, blockMs: number): Redis {
  return new Redis(url, { ...common, socketTimeout: blockMs + 2_000, retryStrategy: () => null })
}

/** Connects, or rejects in bounded time with the reason rather than with "closed". */
export async function connect(client: Redis): Promise<void> {
  let reason: unknown
  let timer: NodeJS.Timeout | undefined
  // The listener stays: a client without one would print its errors.
  client.on('error', (error: unknown) => (reason = error))
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), connectTimeoutMs + 500)
  })
  try {
    await Promise.race([client.connect(), late])
  } catch (error) {
    client.disconnect()
    throw reason ?? error
  } finally {
    clearTimeout(timer)
  }
}
