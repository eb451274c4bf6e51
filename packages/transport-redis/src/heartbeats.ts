import type { Clock } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import { heartbeatScript } from './call-scripts.ts'
import { slotTag } from './per-slot.ts'
import { runScript } from './run-script.ts'

const heartbeatMs = 5_000
/** How long a server counts as alive that says nothing more, in milliseconds. */
export const presenceMs = 15_000

/** A server, and the keys at which others see that it serves. */
export interface Beating {
  readonly member: string
  /** For each API: the calls that the server runs, and who serves the API. */
  readonly places: readonly { readonly running: string; readonly servers: string }[]
}

interface HeartbeatsParts {
  readonly commands: () => Redis
  readonly clock: Clock
  /** Whether keys have to be in one slot to be used together. */
  readonly hasSlots: boolean
}

/** Says of all servers of this process that they live: together, so that many APIs ask no more of Redis than one. */
export class Heartbeats {
  readonly #parts: HeartbeatsParts
  readonly #beating = new Set<Beating>()
  #cancel: (() => void) | undefined

  constructor(parts: HeartbeatsParts) {
    this.#parts = parts
  }

  /** Says so at once, and from then on until the returned function is called. */
  async begin(beating: Beating): Promise<() => void> {
    await this.#beat([beating])
    this.#beating.add(beating)
    this.#schedule()
    return () => {
      this.#beating.delete(beating)
      if (this.#beating.size > 0) return
      this.#cancel?.()
      this.#cancel = undefined
    }
  }

  #schedule(): void {
    this.#cancel ??= this.#parts.clock.after(heartbeatMs, () => {
      const running = this.#cancel
      void this.#beat(this.#beating)
        .catch(() => undefined)
        .then(() => {
          if (this.#cancel !== running) return
          this.#cancel = undefined
          this.#schedule()
        })
    })
  }

  async #beat(all: Iterable<Beating>): Promise<void> {
    const bySlot = new Map<string, { readonly keys: string[]; readonly members: string[] }>()
    for (const { member, places } of all)
      for (const { running, servers } of places) {
        const slot = this.#parts.hasSlots ? slotTag(servers) : ''
        const { keys, members } = bySlot.get(slot) ?? { keys: [], members: [] }
        keys.push(running, servers)
        members.push(member)
        bySlot.set(slot, { keys, members })
      }
    const commands = this.#parts.commands()
    await Promise.all(
      [...bySlot.values()].map(({ keys, members }) =>
        runScript(commands, heartbeatScript, keys, [presenceMs, ...members]),
      ),
    )
  }
}
