import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import { connect } from './redis-client.ts'

/** A client whose reads wait, and one for the same server that can end them. Neither is connected by whoever makes them. */
export interface WaitingClient {
  readonly client: Redis
  readonly waker: Redis
}

/** Told when a connection is lost, and when it works again. */
export type Watch = (isUp: boolean, error?: unknown) => void

/** How long a read waits at the server before it is made anew. */
export const blockMs = 6_000

// A read that has not come back by then never will.
const silentMs = blockMs + 2_500
// By then there should be a connection to read from.
const stuckMs = 5_000
// A server that does not answer must not keep a process from ending.
const closeMs = 2_500

/**
 * One connection whose reads wait at the server. A client that fails or stays silent is replaced, not nudged: after a
 * reconnect a blocked command may never settle. A waiting read is only ever ended by `CLIENT UNBLOCK`, since closing
 * the socket loses what the server is just handing over.
 */
export class BlockingReader {
  private readonly open: () => Promise<WaitingClient>
  private readonly watch: Watch
  private client: Redis | undefined
  private waker: Redis | undefined
  private clientId = 0
  private reading: Promise<unknown> | undefined
  private isConnecting = false
  private isUnwanted = false
  private failures = 0
  private isStopped = false
  private waitingSince: number | undefined
  private readSince = 0
  private giveUp: ((error: Error) => void) | undefined
  private silenceTimer: NodeJS.Timeout | undefined
  private readonly stopping = new AbortController()

  constructor(open: () => Promise<WaitingClient>, watch: Watch) {
    this.open = open
    this.watch = watch
  }

  /** Whether reads have been tried for too long without one that the server answered. */
  get isStuck(): boolean {
    const patienceMs = this.reading ? silentMs : stuckMs
    return this.waitingSince !== undefined && performance.now() - this.waitingSince > patienceMs
  }

  /** No read follows for now. */
  rest(): void {
    this.waitingSince = undefined
  }

  /** What the read brings, or undefined when it was ended, brought nothing or failed; then it is the caller's to read again. */
  async read<T>(act: (client: Redis) => Promise<T>): Promise<T | undefined> {
    this.waitingSince ??= performance.now()
    try {
      const client = (this.client ??= await this.connected())
      if (this.isStopped) client.disconnect()
      if (this.isStopped || this.isUnwanted) return undefined
      const reading = this.guarded(act(client))
      this.reading = reading
      const result = await reading
      // Not later: whoever unblocks goes on for as long as it stands there.
      this.reading = undefined
      this.waitingSince = undefined
      if (this.failures > 0) this.watch(true)
      this.failures = 0
      return result
    } catch (error) {
      this.reading = undefined
      await this.failed(error)
      return undefined
    } finally {
      this.isUnwanted = false
    }
  }

  /** Ends the read that waits, if one does. */
  async unblock(): Promise<void> {
    const reading = this.reading
    if (this.isConnecting) this.isUnwanted = true
    // Again, since the first may reach the server ahead of the read itself.
    while (reading !== undefined && this.reading === reading) {
      await this.waker?.client('UNBLOCK', this.clientId).catch(() => undefined)
      await Promise.race([reading.catch(() => undefined), pause(20)])
    }
  }

  /** No read after this; ends the one that waits, and closes. */
  async close(): Promise<void> {
    this.isStopped = true
    this.stopping.abort()
    await Promise.race([this.unblock(), pause(closeMs, undefined, { ref: false })])
    clearTimeout(this.silenceTimer)
    this.client?.disconnect()
    this.client = undefined
  }

  private async connected(): Promise<Redis> {
    this.isConnecting = true
    let client: Redis | undefined
    try {
      const opened = await this.open()
      client = opened.client
      this.waker = opened.waker
      await connect(client)
      const ended = client
      client.once('end', () => {
        if (this.client === undefined || this.client === ended)
          this.giveUp?.(new Error('the connection was lost'))
      })
      this.clientId = await this.guarded(client.client('ID'))
    } catch (error) {
      // Nobody else knows of it.
      client?.disconnect()
      throw error
    } finally {
      this.isConnecting = false
    }
    if (this.failures > 0) this.watch(true)
    return client
  }

  /** What the read brings, or a rejection when its connection is lost or has been silent for too long. */
  private guarded<T>(reading: Promise<T>): Promise<T> {
    this.readSince = performance.now()
    return new Promise((resolve, reject) => {
      this.giveUp = reject
      this.watchSilence()
      reading.then(resolve, reject)
    })
  }

  // One timer for many reads: it looks again for as long as is left of the patience with the one that waits by then.
  private watchSilence(): void {
    if (this.silenceTimer) return
    const leftMs = Math.max(0, this.readSince + silentMs - performance.now())
    this.silenceTimer = setTimeout(() => {
      this.silenceTimer = undefined
      if (!this.reading && !this.isConnecting) return
      if (performance.now() - this.readSince < silentMs) this.watchSilence()
      else this.giveUp?.(new Error('the server has not answered'))
    }, leftMs)
    // What waits is kept alive by its connection.
    this.silenceTimer.unref()
  }

  private async failed(error: unknown): Promise<void> {
    this.client?.disconnect()
    this.client = undefined
    if (this.isStopped) return
    this.failures += 1
    this.watch(false, error)
    const ms = backoffMs(this.failures, { baseMs: 50, maxMs: 2_000 })
    await pause(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined)
  }
}
