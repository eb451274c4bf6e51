import { readFileSync } from 'node:fs'
import { backoffMs } from '@lightbus/core/transport'
import { Redis, type RedisOptions } from 'ioredis'
import { oneWriteATurn } from './one-write.ts'
import type { PlaceOptions, TlsOptions } from './place-options.ts'

type ClientOptions = Omit<RedisOptions, 'replyMapping'>

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
} satisfies ClientOptions

/** How every client for commands is, whatever it leads to. */
export const commandOptions = {
  ...common,
  commandTimeout: commandTimeoutMs,
  socketTimeout: commandTimeoutMs + 1_000,
  // Where INFO is forbidden the client would say so on the console; whoever opens asks instead.
  enableReadyCheck: false,
} satisfies ClientOptions

/** How every client is whose reads wait at the server. Never reconnects: its owner notices when it is silent, and replaces it. */
export function blockingOptions(): ClientOptions {
  return {
    ...common,
    enableReadyCheck: false,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
  }
}

/** A client whose reads wait at the server, made with {@link blockingOptions}. */
export function blockingClient(client: Redis): Redis {
  return oneWriteATurn(quiet(client))
}

/** The client for everything that does not wait. Once connected it reconnects for ever. */
export function commandClient(options: ClientOptions): Redis {
  let isConnected = false
  const retryStrategy = (times: number): number | null =>
    isConnected ? backoffMs(times, { baseMs: 50, maxMs: 2_000 }) : null
  const client = oneWriteATurn(
    quiet(
      new Redis({
        ...commandOptions,
        ...options,
        retryStrategy,
        sentinelRetryStrategy: retryStrategy,
      }),
    ),
  )
  client.once('ready', () => (isConnected = true))
  return client
}

type Authenticate = (...credentials: readonly unknown[]) => Promise<'OK'>

/** A client that rejects where a server before 6 does not know what to do with a password, instead of saying so on the console. */
export function quiet(client: Redis): Redis {
  const authenticate = client.auth.bind(client) as Authenticate
  client.auth = (async (...credentials: unknown[]) => {
    try {
      return await authenticate(...credentials.flat())
    } catch (error) {
      const text = error instanceof Error ? error.message : ''
      if (text.includes('no password is set'))
        throw new Error('ERR AUTH: this server has no password', { cause: error })
      if (text.includes('wrong number of arguments'))
        throw new Error('ERR AUTH: this server knows passwords, but no users', { cause: error })
      throw error
    }
  }) as Redis['auth'] & Authenticate
  return client
}

/** What the url and the other options say of one server, and of who we are to it. */
export function serverOptions(place: PlaceOptions): ClientOptions {
  const { password, database, tls } = place
  const isUnix = place.url.startsWith('unix:')
  const url = new URL(place.url)
  const query = Object.fromEntries(url.searchParams)
  const db = database ?? Number((isUnix ? query['db'] : url.pathname.slice(1)) || (query['db'] ?? 0))
  const username = decodeURIComponent(url.username)
  const secret = password ?? (decodeURIComponent(url.password) || query['password'])
  const connectionName = query['connectionName']
  return {
    ...(isUnix
      ? { path: decodeURIComponent(url.pathname) }
      : { host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1', port: Number(url.port || 6_379) }),
    db,
    ...(username ? { username } : {}),
    ...(secret ? { password: secret } : {}),
    ...(connectionName === undefined ? {} : { connectionName }),
    ...(tls || url.protocol === 'rediss:' ? { tls: readTls(tls ?? {}) } : {}),
  }
}

/** Connects, or rejects in bounded time with the reason rather than with "closed". */
export async function connect(client: Pick<Redis, 'connect' | 'disconnect' | 'on'>): Promise<void> {
  let reason: unknown
  let timer: NodeJS.Timeout | undefined
  // The listener stays: a client without one would print its errors.
  client.on('error', (error: unknown) => (reason = nodeErrorOf(error) ?? error))
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

/** What the last node of a Cluster said when no node could be had. */
function nodeErrorOf(error: unknown): unknown {
  return error instanceof Error && 'lastNodeError' in error ? error.lastNodeError : undefined
}

/** Waits in bounded time for a client that is somebody else's, and connects it if nobody has. */
export async function ready(client: Redis): Promise<void> {
  if (client.status === 'ready') return
  let settle: (() => void) | undefined
  const waiting = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error('the given client does not get ready')),
      connectTimeoutMs + 500,
    )
    settle = () => {
      clearTimeout(timer)
      resolve()
    }
    client.once('ready', settle)
  })
  try {
    // It tells by its events what comes of it.
    if (client.status === 'wait' || client.status === 'end') client.connect().catch(() => undefined)
    await waiting
  } finally {
    if (settle) client.off('ready', settle)
  }
}

function readTls({ ca, cert, key, servername, reject_unauthorized }: TlsOptions): object {
  return {
    ...(ca === undefined ? {} : { ca: pemOf(ca) }),
    ...(cert === undefined ? {} : { cert: pemOf(cert) }),
    ...(key === undefined ? {} : { key: pemOf(key) }),
    ...(servername === undefined ? {} : { servername }),
    ...(reject_unauthorized === undefined ? {} : { rejectUnauthorized: reject_unauthorized }),
  }
}

function pemOf(textOrPath: string): string {
  return textOrPath.includes('-----BEGIN') ? textOrPath : readFileSync(textOrPath, 'utf8')
}
