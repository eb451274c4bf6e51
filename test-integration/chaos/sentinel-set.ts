import { setTimeout as sleep } from 'node:timers/promises'
import { ask, cutAt, stallAt, startSentinel, type Broker, type Whereabouts } from './broker.ts'
import type { Cut, Upheaval } from './faults.ts'

const replicas = 2
const settlesWithinMs = 40_000

/**
 * A primary with two replicas, watched by three sentinels. Sentinels may choose any replica, so what counts as kept has to be
 * on all of them.
 */
export class SentinelSet implements Broker {
  readonly how: string
  readonly whereabouts: Whereabouts
  readonly #set: Awaited<ReturnType<typeof startSentinel>>

  private constructor(set: Awaited<ReturnType<typeof startSentinel>>) {
    const { sentinels, name } = set
    this.#set = set
    this.how = `${set.kind} ${set.version} with ${replicas} replicas and ${sentinels.length} sentinels`
    this.whereabouts = {
      place: { sentinels, sentinel_name: name },
      waitReplicas: { replicas, timeout: '500ms' },
    }
  }

  static async start(server: string): Promise<SentinelSet> {
    return new SentinelSet(await startSentinel({ server }))
  }

  async cut(cut: Cut): Promise<void> {
    const { port } = await this.#set.primary()
    await cutAt(port, cut).catch(() => undefined)
  }

  async suffer(fault: Upheaval): Promise<void> {
    if (fault.type === 'fail-over') await this.#set.failover()
    else if (fault.type === 'stall-server') await stallAt((await this.#set.primary()).port, fault.forMs)
    else throw new Error(`A set of servers does not know the fault "${fault.type}".`)
    await this.#settled()
  }

  close(): Promise<void> {
    return this.#set.stop()
  }

  /** A primary that was paused is a primary still, until a sentinel tells it that it has been replaced. */
  async #settled(): Promise<void> {
    const giveUpAt = performance.now() + settlesWithinMs
    while (!(await this.#isComplete().catch(() => false))) {
      if (performance.now() > giveUpAt)
        throw new Error(`The primary was without its replicas for ${settlesWithinMs / 1_000} s.`)
      await sleep(100)
    }
  }

  async #isComplete(): Promise<boolean> {
    const { port } = await this.#set.primary()
    const said = await ask(port, (redis) => redis.info('replication'))
    return said.includes('role:master') && said.match(/state=online/g)?.length === replicas
  }
}
