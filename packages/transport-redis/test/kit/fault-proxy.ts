import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { BrokerError, Undo } from '@lightbus/transport-testkit'
import { errorReply, isWrite, type ErrorReply } from './broker-errors.ts'
import { listenOnFreePort } from './free-port.ts'
import { ProxiedConnection, type Address, type Fate } from './proxied-connection.ts'
import { withText } from './resp-frames.ts'

type Direction = 'to-broker' | 'from-broker'

/** Where a server is reached through the proxy. */
interface Door {
  readonly server: Server
  readonly port: number
  target: Address
}

/** A way to Redis on which things go wrong on purpose, to all of its servers alike. */
export class FaultProxy {
  /** Where the first server is reached. */
  readonly port: number
  /** Told of every request, with the number of its connection. */
  onRequest: (command: readonly string[], connection: number) => void = () => undefined
  private readonly doors: readonly Door[]
  private readonly connections = new Set<ProxiedConnection>()
  private readonly silent = new Set<Direction>()
  private failing: ErrorReply | 'reset' | undefined
  private isDropDue = false
  private pretendedVersion: string | undefined
  private count = 0

  private constructor(doors: readonly Door[]) {
    this.doors = doors
    this.port = doors[0]?.port ?? 0
    for (const door of doors) door.server.on('connection', (client) => this.accept(client, door))
  }

  /**
   * A proxy that does not keep the process alive. Where servers tell of each other, as nodes of a Cluster and sentinels do,
   * they are heard to tell of the ways through the proxy.
   */
  static async to(...targets: readonly Address[]): Promise<FaultProxy> {
    const open = async (target: Address): Promise<Door> => {
      const server = createServer({ noDelay: true })
      server.unref()
      return { server, port: await listenOnFreePort(server), target }
    }
    return new FaultProxy(await Promise.all(targets.map(open)))
  }

  /** The way to the server at this address. */
  wayTo({ port }: Address): Address {
    const door = this.doors.find(({ target }) => target.port === port)
    if (!door) throw new Error(`No way leads to port ${port}.`)
    return { host: '127.0.0.1', port: door.port }
  }

  /** Cuts every connection once. */
  cut(): void {
    for (const connection of this.connections) connection.cut()
  }

  /** Cuts every connection, and refuses new ones. */
  async refuse(): Promise<Undo> {
    this.close()
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

  /** Another server takes the place of the first one so far. */
  redirect(target: Address): void {
    const [door] = this.doors
    if (door) door.target = target
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
    for (const { server } of this.doors) server.close()
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
    const command = name.toUpperCase()
    if (this.doors.length > 1 && tellsOfOthers(command, reply)) return this.redirected(reply)
    if (command !== 'INFO') return reply
    return withText(reply, (text) => {
      const version = this.pretendedVersion ?? '$1'
      const loading = this.failing === 'loading' ? '1' : '$1'
      return text.replace(/(?<=^redis_version:)(.*)$/m, version).replace(/(?<=^loading:)(.*)$/m, loading)
    })
  }

  private async accepts(): Promise<void> {
    const closed = this.doors.filter(({ server }) => !server.listening)
    await Promise.all(closed.map(({ server, port }) => once(server.listen(port, '127.0.0.1'), 'listening')))
  }

  /** The same reply, with the ways through the proxy in it. All ports have five digits. */
  private redirected(reply: Buffer): Buffer {
    const text = reply.toString('latin1').replace(/\b\d{5}\b/g, (port) => {
      const door = this.doors.find(({ target }) => String(target.port) === port)
      return String(door?.port ?? port)
    })
    return Buffer.from(text, 'latin1')
  }

  private speak(direction: Direction): void {
    this.silent.delete(direction)
    for (const connection of this.connections) connection.silence(direction, false)
  }

  private accept(client: Socket, { target }: Door): void {
    for (const old of this.connections) if (old.isOver) this.connections.delete(old)
    this.count += 1
    const number = this.count
    const connection = new ProxiedConnection(client, target, {
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

/** Whether a reply says where other servers are. */
function tellsOfOthers(command: string, reply: Buffer): boolean {
  return (
    command === 'CLUSTER' || command === 'SENTINEL' || /^-(MOVED|ASK) /.test(reply.toString('latin1', 0, 7))
  )
}
