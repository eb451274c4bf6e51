import { setTimeout as sleep } from 'node:timers/promises'
import { cutAt, stallAt, startServer, type Broker, type Whereabouts } from './broker.ts'
import type { Cut, Upheaval } from './faults.ts'

/** One server that keeps on disk all that it has said yes to. */
export class SingleServer implements Broker {
  readonly how: string
  readonly whereabouts: Whereabouts
  readonly #server: Awaited<ReturnType<typeof startServer>>

  private constructor(server: Awaited<ReturnType<typeof startServer>>) {
    this.#server = server
    this.how = `one ${server.kind} ${server.version}`
    this.whereabouts = { place: { url: server.url } }
  }

  static async start(name: string): Promise<SingleServer> {
    const settings = ['--appendfsync', 'always', '--maxmemory-policy', 'noeviction']
    return new SingleServer(await startServer(name, { persistent: true, settings }))
  }

  async cut(cut: Cut): Promise<void> {
    await cutAt(this.#port, cut).catch(() => undefined)
  }

  async suffer(fault: Upheaval): Promise<void> {
    if (fault.type === 'stall-server') return stallAt(this.#port, fault.forMs)
    if (fault.type === 'fail-over') throw new Error('A single server has nobody to take over.')
    await this.#server.end({ kill: fault.type === 'kill-server' })
    await sleep(fault.downMs)
    await this.#server.start()
  }

  close(): Promise<void> {
    return this.#server.stop()
  }

  get #port(): number {
    return Number(new URL(this.#server.url).port)
  }
}
