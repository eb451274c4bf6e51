import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { BrokerError, Undo } from '@lightbus/transport-testkit'
import { errorReply, isWrite, type ErrorReply } from './broker-errors.ts'
import { listenOnFreePort } from './free-port.ts'
import { ProxiedConnection, type Address, type Fate } from './proxied-connection.ts'
import { withText } from './resp-frames.ts'

type Direction = 'to-broker' | 'from-broker'

/** A way to Redis on which things go wrong on purpose. */
export class FaultProxy {
  readonly port: number
  /** Told of every request, with the number of its connection. */
  onRequest: (command: readonly string[], connection: number) => void = () => undefined
  private target: Address
  private readonly server: Server
  private readonly connections = new Set<ProxiedConnection>()
  private readonly silent = new Set<Direction>()
  private failing: ErrorReply | 'reset' | undefined
  private isDropDue = false
  private pretendedVersion: string | undefined
  private count = 0

  private constructor(server: Server, port: number, target: Address) {
    this.server = server
    this.port = port
    this.target = target
    server.on('connection', (client) => this.accept(client))
  }

  /** A proxy that does not keep the process alive. */
  static async to(target: Address): Promise<FaultProxy> {
    const server = createServer({ noDelay: true })
    server.unref()
    return new FaultProxy(server, await listenOnFreePort(server), target)
  }

  /** Cuts every connection once. */
  cut(): void {
    for (const connection of this.connections) connection.cut()
  }

  /** Cuts every connection, and refuses new ones. */
  async refuse(): Promise<Undo> {
    this.server.close()
    this.cut()
    return () => this.accepts()
  }

  /** Lets nothing travel in this direction, on connections old and new. */
  silence(direction: Direction): Undo {
    this.silent.add(direction)
    for (const connection of this.connections) connection.silence(direction, true)
    return async () => this.speak(direction)
  }

  /** The next request that writes is carried out, and its connection is cut when the reply comes. */
  dropAfterWrite(): void {
    this.isDropDue = true
  }

  /** Answers every request with the error. What is under way is still answered by Redis. */
  async fail(error: BrokerError | ErrorReply): Promise<Undo> {
    if (error === 'refused') return this.refuse()
    this.failing = error
    if (error === 'reset') for (const connection of this.connections) connection.reset()
    // Who loads has been started just now.
    if (error === 'loading') this.cut()
    return async () => void (this.failing = undefined)
  }

  /** Redis says that it is of this version. */
  pretend(version: string): Undo {
    this.pretendedVersion = version
    return async () => void (this.pretendedVersion = undefined)
  }

  /** Another server takes the place of the one so far. */
  redirect(target: Address): void {
    this.target = target
    this.cut()
  }

  /** Takes all faults back. */
  async restore(): Promise<void> {
    this.failing = undefined
    this.pretendedVersion = undefined
    this.isDropDue = false
    for (const direction of this.silent) this.speak(direction)
    await this.accepts()
  }

  close(): void {
    this.server.close()
    this.cut()
  }

  private fateOf(command: readonly string[]): Fate {
    if (this.failing === 'reset') return 'reset'
    const answer = this.failing && errorReply(this.failing, command)
    if (answer !== undefined) return { answer }
    if (!this.isDropDue || !isWrite(command)) return 'forward'
    this.isDropDue = false
    return 'drop reply'
  }

  private replyTo([name = '']: readonly string[], reply: Buffer): Buffer {
    if (name.toUpperCase() !== 'INFO') return reply
    return withText(reply, (text) => {
      const version = this.pretendedVersion ?? '$1'
      const loading = this.failing === 'loading' ? '1' : '$1'
      return text.replace(/(?<=^redis_version:)(.*)$/m, version).replace(/(?<=^loading:)(.*)$/m, loading)
    })
  }

  private async accepts(): Promise<void> {
    if (this.server.listening) return
    this.server.listen(this.port, '127.0.0.1')
    await once(this.server, 'listening')
  }

  private speak(direction: Direction): void {
    this.silent.delete(direction)
    for (const connection of this.connections) connection.silence(direction, false)
  }

  private accept(client: Socket): void {
    for (const old of this.connections) if (old.isOver) this.connections.delete(old)
    this.count += 1
    const number = this.count
    const connection = new ProxiedConnection(client, this.target, {
      fateOf: (command) => {
        this.onRequest(command, number)
        return this.fateOf(command)
      },
      replyTo: (command, reply) => this.replyTo(command, reply),
    })
    this.connections.add(connection)
    for (const direction of this.silent) connection.silence(direction, true)
  }
}
