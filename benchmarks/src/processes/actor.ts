import type { Caller, Firer, Handling, Load, Payload, Place, Started, Subject, Yield } from '../subject.ts'
import { payloadOf } from '../subject.ts'
import { fireCount } from './fire-count.ts'
import { HandledCount, nowUs, type HandledSoFar } from './handled-count.ts'
import { holdCalls } from './hold-calls.ts'
import { underLoad } from './load.ts'

/** What a process of a subject can be asked to do: by its name, over the channel of a child process. */
export class Actor {
  readonly #subject: Subject
  #caller: Caller | undefined
  #firer: Firer | undefined
  #listening: Started | undefined
  readonly #started: Started[] = []
  readonly #handled = new HandledCount()
  /** How long each took from fire to handler, in milliseconds, of those that have a time stamp. */
  #ages: number[] = []

  constructor(subject: Subject) {
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

  /** Counts from nothing what is handled. */
  async listen({
    place,
    concurrency,
  }: { readonly place: Place } & Pick<Handling, 'concurrency'>): Promise<void> {
    this.reset()
    const handled = ({ order }: Payload): void => {
      const atUs = nowUs()
      if (order > 1) this.#ages.push((atUs - order) / 1_000)
      this.#handled.add(atUs)
    }
    this.#listening = await this.#subject.events?.handling(place, { concurrency, handled })
  }

  /** Serves and listens. */
  async beService(about: { readonly place: Place } & Pick<Handling, 'concurrency'>): Promise<void> {
    const { asService } = this.#subject
    if (asService) {
      this.#started.push(await asService(about.place, { ...about, handled: () => undefined }))
      return
    }
    await this.serve(about.place)
    await this.listen(about)
  }

  async unlisten(): Promise<void> {
    await this.#listening?.stop()
    this.#listening = undefined
  }

  call(load: Load): Promise<Yield> {
    const caller = this.#connected()
    return caller.callFor?.(load) ?? underLoad(load, (payload) => caller.call(payload))
  }

  hold({ count, bytes }: { readonly count: number; readonly bytes: number }): Promise<number> {
    return holdCalls(this.#connected(), count, bytes)
  }

  fire(load: Load): Promise<Yield> {
    const firer = this.#ready()
    return firer.fireFor?.(load) ?? underLoad(load, (payload) => firer.fire(payload))
  }

  /** The same in batches; each of them counts as one act. */
  fireBulks({ batch, ...load }: Load & { readonly batch: number }): Promise<Yield> {
    const { fireMany } = this.#ready()
    if (!fireMany) throw new Error('It fires one by one only.')
    return underLoad(load, (payload) => fireMany(Array.from({ length: batch }, () => payload)))
  }

  fireCount({ count, bytes }: { readonly count: number; readonly bytes: number }): Promise<void> {
    return fireCount(this.#ready(), count, bytes)
  }

  /** Fires one that says when it was fired. */
  async fireStamped(bytes: number): Promise<void> {
    await this.#ready().fire(payloadOf(bytes, nowUs()))
  }

  reset(): void {
    this.#handled.reset()
    this.#ages = []
  }

  reached(count: number): Promise<HandledSoFar> {
    return this.#handled.reached(count)
  }

  soFar(): HandledSoFar {
    return this.#handled.soFar()
  }

  ages(): readonly number[] {
    return this.#ages
  }

  /** CPU time of this process so far, in microseconds. */
  cpuUs(): number {
    const { user, system } = process.cpuUsage()
    return user + system
  }

  async stop(): Promise<void> {
    await this.unlisten()
    await Promise.all(this.#started.map((started) => started.stop()))
  }

  #connected(): Caller {
    if (!this.#caller) throw new Error('Nobody is connected.')
    return this.#caller
  }

  #ready(): Firer {
    if (!this.#firer) throw new Error('Nobody is firing.')
    return this.#firer
  }
}
