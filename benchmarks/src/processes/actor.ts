import { labelOf, subjects } from '../subjects.ts'
import type { Caller, Firer, Load, Payload, Place, Started, Subject, Yield } from '../subject.ts'
import { underLoad } from './load.ts'

/** What a process of a subject can be asked to do: by its name, over the channel of a child process. */
export class Actor {
  readonly #subject: Subject
  #caller: Caller | undefined
  #firer: Firer | undefined
  #listening: Started | undefined
  readonly #started: Started[] = []
  #handled = 0
  #lastAt = 0
  /** How long each took from fire to handler, in milliseconds, where that is asked for. */
  #ages: number[] = []

  constructor(label: string) {
    const subject = subjects.find((one) => labelOf(one) === label)
    if (!subject) throw new Error(`There is no subject "${label}".`)
    this.#subject = subject
  }

  async serve(place: Place): Promise<void> {
    const started = await this.#subject.calls?.serve(place)
    if (started) this.#started.push(started)
  }

  async connect(place: Place): Promise<void> {
    this.#caller = await this.#subject.calls?.connect(place)
    if (this.#caller) this.#started.push(this.#caller)
  }

  async firing(place: Place): Promise<void> {
    this.#firer = await this.#subject.events?.firing(place)
    if (this.#firer) this.#started.push(this.#firer)
  }

  async listen({ place, concurrency }: { readonly place: Place; readonly concurrency: number }): Promise<void> {
    const handled = (payload: Payload): void => {
      this.#handled += 1
      this.#lastAt = nowUs()
      if (payload.order > 1) this.#ages.push((this.#lastAt - payload.order) / 1_000)
    }
    this.#listening = await this.#subject.events?.handling(place, { concurrency, handled })
  }

  async unlisten(): Promise<void> {
    await this.#listening?.stop()
    this.#listening = undefined
  }

  async call(load: Load): Promise<Yield> {
    const caller = this.#caller
    if (!caller) throw new Error('Nobody is connected.')
    return caller.callFor ? caller.callFor(load) : underLoad(load, (payload) => caller.call(payload))
  }

  async fire(load: Load): Promise<Yield> {
    const firer = this.#firer
    if (!firer) throw new Error('Nobody is firing.')
    return firer.fireFor ? firer.fireFor(load) : underLoad(load, (payload) => firer.fire(payload))
  }

  pid(): number {
    return process.pid
  }

  usage(): { readonly cpuUs: number; readonly heapMb: number } {
    const { user, system } = process.cpuUsage()
    globalThis.gc?.()
    return { cpuUs: user + system, heapMb: process.memoryUsage().heapUsed / 2 ** 20 }
  }

  async stop(): Promise<void> {
    await this.unlisten()
    await Promise.all(this.#started.map((started) => started.stop()))
  }
}

/** Microseconds by a clock that all processes of the machine share. */
function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}
