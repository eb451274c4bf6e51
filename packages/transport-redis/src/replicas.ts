import type { Redis } from 'ioredis'
import { nodeOf } from './redis-cluster.ts'

/** How many replicas have to have a message before it counts as sent, and how long that may take. */
export interface ReplicaWait {
  readonly replicas: number
  readonly timeoutMs: number
}

/**
 * Waits until replicas have what was sent. A WAIT holds up the connection that it is about, so one at a time is under way, for all
 * that was sent before it.
 */
export class Replicas {
  readonly #commands: Redis
  readonly #losses = new WeakMap<Redis, number>()
  readonly #running = new WeakMap<Redis, Promise<unknown>>()
  readonly #next = new WeakMap<Redis, Map<string, Promise<number>>>()
  readonly #watched = new Set<Redis>()

  constructor(commands: Redis) {
    this.#commands = commands
  }

  /** Sends something about the key and resolves when so many replicas have it. Rejects when they have not, although it was sent. */
  async covered<T>(key: string, wait: ReplicaWait | undefined, send: () => Promise<T>): Promise<T> {
    if (!wait) return send()
    const node = await nodeOf(key, this.#commands)
    this.#watch(node)
    const losses = this.#losses.get(node)
    const sent = await send()
    const count = await this.#wait(node, wait)
    // On another connection WAIT knows nothing of what was sent on this one.
    if (this.#losses.get(node) !== losses || (await nodeOf(key, this.#commands)) !== node)
      throw new Error('the connection was lost before it was known to the replicas')
    if (count < wait.replicas)
      throw new Error(`${count} of ${wait.replicas} replicas had it within ${wait.timeoutMs} ms`)
    return sent
  }

  close(): void {
    for (const node of this.#watched) node.off('close', this.#onClose)
    this.#watched.clear()
  }

  #wait(node: Redis, wait: ReplicaWait): Promise<number> {
    const key = `${wait.replicas} ${wait.timeoutMs}`
    const next = this.#next.get(node) ?? new Map<string, Promise<number>>()
    this.#next.set(node, next)
    const waiting = next.get(key)
    if (waiting) return waiting
    const before = this.#running.get(node) ?? Promise.resolve()
    const promise = before
      .catch(() => undefined)
      .then(() => {
        // What is sent from here on is not covered.
        next.delete(key)
        return node.wait(wait.replicas, Math.ceil(wait.timeoutMs))
      })
    this.#running.set(node, promise)
    next.set(key, promise)
    return promise
  }

  #watch(node: Redis): void {
    if (this.#watched.has(node)) return
    this.#watched.add(node)
    this.#losses.set(node, 0)
    node.on('close', this.#onClose)
  }

  readonly #onClose = (): void => {
    for (const node of this.#watched) this.#losses.set(node, (this.#losses.get(node) ?? 0) + 1)
  }
}
