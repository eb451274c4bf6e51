import {
  transportClosed,
  transportUnavailable,
  type BusError,
  type Health,
  type TransportContext,
} from '@lightbus/core/transport'
import type { ChaosLink } from './chaos.ts'
import { joinBroker, leaveBroker, type MemoryBroker } from './memory-broker.ts'
import type { MemoryOptions } from './options.ts'
import { SeededChaos } from './seeded-chaos.ts'

const transport = 'memory'
/** How long a reply may take, and how long a silence goes unnoticed. */
const replyTimeoutMs = 1_000
const reconnectDelayMs = 10
const noReply = `there was no reply for ${replyTimeoutMs} ms`

/** What the broker is asked to do. `isRepeated` is true when chaos asks for it once more. */
export type BrokerAct<T> = (broker: MemoryBroker, isRepeated: boolean) => T

/**
 * A transport's connection to its broker, from open to close. It is either standing, lost and on its way back, or,
 * when its process is frozen or crashed, in nobody's hands. Without chaos it always stands, and costs nothing.
 */
export class Link implements ChaosLink {
  readonly #options: MemoryOptions
  readonly #context: TransportContext
  readonly #seeded: SeededChaos | undefined
  readonly #receivers = new Set<() => void>()
  readonly #thaws = new Set<() => void>()
  /** Ends what waits for a reply or a thaw. */
  readonly #interrupts = new Set<() => void>()
  #broker: MemoryBroker | undefined
  #opening: Promise<void> | undefined
  #process: 'alive' | 'frozen' | 'crashed' = 'alive'
  /** Why the connection is lost; undefined while it stands. */
  #lostBecause: string | undefined
  #wasReceiving = false
  #cancelSilence: (() => void) | undefined
  #cancelReturn: (() => void) | undefined

  constructor(options: MemoryOptions, context: TransportContext) {
    this.#options = options
    this.#context = context
    this.#seeded = options.chaos && new SeededChaos(options.chaos)
  }

  get address(): string {
    const namespace = this.#options.broker?.namespace ?? this.#options.namespace
    return `memory://${encodeURIComponent(namespace)}`
  }

  get processName(): string {
    return this.#context.processName
  }

  get isOpen(): boolean {
    return this.#broker !== undefined
  }

  /** False while the process is simulated as frozen, and from when it has crashed. */
  get isAlive(): boolean {
    return this.#process === 'alive'
  }

  /** Whether the process has died, as far as its broker is concerned: it holds what it held, and hears nothing more. */
  get isCrashed(): boolean {
    return this.#process === 'crashed'
  }

  /** Whether what the broker pushes reaches this process. */
  get isReceiving(): boolean {
    const broker = this.#broker
    if (!broker || !this.isAlive || this.#lostBecause !== undefined) return false
    return !broker.chaos.isSilent('from-broker')
  }

  /** Throws `BUS_TRANSPORT_CLOSED` before open, after close and after a crash. */
  get broker(): MemoryBroker {
    if (!this.#broker || this.isCrashed) throw transportClosed({ transport })
    return this.#broker
  }

  async open(): Promise<void> {
    if (this.#broker && !this.isCrashed) return
    const opening = (this.#opening ??= this.#connect())
    try {
      await opening
    } finally {
      if (this.#opening === opening) this.#opening = undefined
    }
  }

  close(): void {
    for (const interrupt of this.#interrupts) interrupt()
    this.#opening = undefined
    const broker = this.#broker
    if (!broker) return
    this.#broker = undefined
    this.#cancelTimers()
    this.#lostBecause = undefined
    if (!this.isCrashed) this.#process = 'alive'
    broker.links.delete(this)
    leaveBroker(broker)
  }

  /**
   * One request and its reply, within this call when nothing is in the way. Rejects with `BUS_TRANSPORT_UNAVAILABLE` when
   * either got lost, so that nobody knows whether the broker has done as it was asked. A sending is also struck by the
   * chaos of the options.
   */
  async carry<T>(act: BrokerAct<T>, options: { readonly isSend?: boolean } = {}): Promise<T> {
    const { broker } = this
    if (this.#process === 'frozen') await this.#untilThawed()
    const isDuplicated = options.isSend === true && this.#seeded && (await this.#mishap(broker, this.#seeded))
    if (this.#lostBecause !== undefined) throw this.#unavailable(this.#lostBecause)
    const refusal = broker.chaos.refusal(this.address)
    if (refusal) throw refusal
    if (broker.chaos.isSilent('to-broker')) await this.#inVain(broker)
    const reply = act(broker, false)
    if (isDuplicated) act(broker, true)
    if (broker.chaos.takeReplyDrop()) throw this.#unavailable('the connection was lost before the reply came')
    if (broker.chaos.isSilent('from-broker')) await this.#inVain(broker)
    return reply
  }

  /** Calls `again` whenever the broker's pushes reach this process again, until the returned function is called. */
  onReceiving(again: () => void): () => void {
    this.#receivers.add(again)
    return () => this.#receivers.delete(again)
  }

  health(): Health {
    const why = this.#ailment()
    return why === undefined ? { isUp: true } : { isUp: false, why }
  }

  cut(): void {
    this.#lose('the connection was cut')
    this.update()
  }

  update(): void {
    const broker = this.#broker
    if (!broker || this.isCrashed) return
    const { chaos } = broker
    if (chaos.isRefusing) this.#lose('the connection was refused')
    if (!chaos.isSilent()) this.#endSilence()
    else if (this.#lostBecause === undefined)
      this.#cancelSilence ??= this.#after(broker, replyTimeoutMs, () => this.#notice())
    if (this.#lostBecause !== undefined && chaos.isReachable)
      this.#cancelReturn ??= this.#after(broker, reconnectDelayMs, () => this.#comeBack(broker))
    this.#tellReceivers()
  }

  freeze(): void {
    if (this.isCrashed) return
    this.#process = 'frozen'
    this.update()
  }

  thaw(): void {
    if (this.#process !== 'frozen') return
    this.#process = 'alive'
    for (const thaw of this.#thaws) thaw()
    this.update()
  }

  crash(): void {
    this.#process = 'crashed'
    this.#cancelTimers()
    this.#broker?.links.delete(this)
    for (const interrupt of this.#interrupts) interrupt()
  }

  async #connect(): Promise<void> {
    if (this.isCrashed) throw transportClosed({ transport })
    const broker = this.#options.broker ?? joinBroker(this.#options.namespace, this.#context.clock)
    broker.hold()
    try {
      const refusal = broker.chaos.openingRefusal(this.address)
      if (refusal) throw refusal
      if (broker.chaos.isSilent()) await this.#inVain(broker)
    } catch (error) {
      leaveBroker(broker)
      throw error
    }
    this.#broker = broker
    broker.links.add(this)
    this.#wasReceiving = true
  }

  /** Lets happen what the seed has decided; tells whether the sending is to be repeated. */
  async #mishap(broker: MemoryBroker, seeded: SeededChaos): Promise<boolean> {
    const { isDuplicated, delayMs, dropsConnection, fails } = seeded.next()
    if (delayMs > 0) await this.#pause((resume) => broker.timers.after(broker.clock, delayMs, resume))
    if (dropsConnection) this.cut()
    if (fails || dropsConnection) throw this.#unavailable('chaos let the sending fail')
    return isDuplicated
  }

  #notice(): void {
    this.#cancelSilence = undefined
    this.#lose(noReply)
    this.update()
  }

  #lose(why: string): void {
    if (!this.#broker || this.isCrashed || this.#lostBecause !== undefined) return
    this.#lostBecause = why
    this.#endSilence()
    this.#report('connection-lost', `The connection to ${this.address} is lost: ${why}.`)
  }

  #comeBack(broker: MemoryBroker): void {
    this.#cancelReturn = undefined
    if (!broker.chaos.isReachable) return
    this.#lostBecause = undefined
    this.#report('connection-back', `The connection to ${this.address} is back.`)
    this.update()
  }

  #tellReceivers(): void {
    const { isReceiving } = this
    const isNews = isReceiving && !this.#wasReceiving
    this.#wasReceiving = isReceiving
    if (isNews) for (const again of this.#receivers) again()
  }

  #ailment(): string | undefined {
    if (this.isCrashed) return 'the process has crashed'
    if (!this.#broker) return 'the transport is closed'
    if (!this.isAlive) return 'the process stands still'
    return this.#lostBecause ?? this.#broker.chaos.refusal(this.address)?.message
  }

  #report(type: 'connection-lost' | 'connection-back', message: string): void {
    this.#context.report({ type, transport, message })
  }

  async #inVain(broker: MemoryBroker): Promise<never> {
    await this.#pause((resume) => this.#after(broker, replyTimeoutMs, resume))
    throw this.#unavailable(noReply)
  }

  #untilThawed(): Promise<void> {
    return this.#pause((resume) => {
      this.#thaws.add(resume)
      return () => this.#thaws.delete(resume)
    })
  }

  /** Resolves when what `arm` prepares resumes it; rejects when the link is closed or its process crashes. */
  #pause(arm: (resume: () => void) => () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        disarm()
        this.#interrupts.delete(interrupt)
      }
      const interrupt = (): void => {
        end()
        reject(transportClosed({ transport }))
      }
      const disarm = arm(() => {
        end()
        resolve()
      })
      this.#interrupts.add(interrupt)
    })
  }

  #after({ timers, clock }: MemoryBroker, ms: number, act: () => void): () => void {
    return timers.after(clock, ms, act)
  }

  #endSilence(): void {
    this.#cancelSilence?.()
    this.#cancelSilence = undefined
  }

  #cancelTimers(): void {
    this.#endSilence()
    this.#cancelReturn?.()
    this.#cancelReturn = undefined
  }

  #unavailable(why: string): BusError {
    return transportUnavailable({ transport, address: this.address, why })
  }
}
