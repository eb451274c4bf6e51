import { connect, type Socket } from 'node:net'
import { RespFrames, wordsOf } from './resp-frames.ts'

/** What becomes of a request: it goes on to Redis, with or without its reply; it is answered here; or the connection is reset. */
export type Fate = 'forward' | 'drop reply' | 'reset' | { readonly answer: string }

/** What a proxy does with what travels through it. */
export interface Rules {
  fateOf(command: readonly string[]): Fate
  /** The reply to a command, as the client is to get it. */
  replyTo(command: readonly string[], reply: Buffer): Buffer
}

/** Where a server listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

type Due = { readonly answer: string } | { readonly command: readonly string[]; readonly isDropped: boolean }

/** A client's connection to Redis, of which every request and reply passes through here. */
export class ProxiedConnection {
  private readonly client: Socket
  private readonly upstream: Socket
  private readonly rules: Rules
  /** What the client has asked for and has no answer to, in that order. */
  private readonly due: Due[] = []

  constructor(client: Socket, target: Address, rules: Rules) {
    this.client = client
    this.rules = rules
    this.upstream = connect({ host: target.host, port: target.port, noDelay: true })
    const [requests, replies] = [new RespFrames(), new RespFrames()]
    client.on('data', (chunk) => requests.push(chunk).forEach((frame) => this.request(frame)))
    this.upstream.on('data', (chunk) => replies.push(chunk).forEach((frame) => this.reply(frame)))
    // Whatever was received before goes on to the other side.
    client.on('error', () => undefined).on('close', () => this.upstream.destroySoon())
    this.upstream.on('error', () => undefined).on('close', () => client.destroySoon())
  }

  get isOver(): boolean {
    return this.client.destroyed && this.upstream.destroyed
  }

  /** Lets nothing travel in this direction, or lets it travel again. */
  silence(direction: 'to-broker' | 'from-broker', isSilent: boolean): void {
    const socket = direction === 'to-broker' ? this.client : this.upstream
    if (isSilent) socket.pause()
    else socket.resume()
  }

  cut(): void {
    this.client.destroy()
    this.upstream.destroy()
  }

  reset(): void {
    this.client.resetAndDestroy()
    this.upstream.destroy()
  }

  private request(frame: Buffer): void {
    if (this.client.destroyed) return void this.upstream.write(frame)
    const command = wordsOf(frame)
    const fate = this.rules.fateOf(command)
    if (fate === 'reset') return this.reset()
    if (typeof fate === 'object') {
      this.due.push(fate)
      return this.answer()
    }
    this.due.push({ command, isDropped: fate === 'drop reply' })
    this.upstream.write(frame)
  }

  private reply(frame: Buffer): void {
    // A push answers nothing.
    if (frame.toString('latin1', 0, 1) === '>') return void this.client.write(frame)
    const due = this.due.shift()
    if (!due || 'answer' in due) return this.cut()
    if (due.isDropped) return this.cut()
    this.client.write(this.rules.replyTo(due.command, frame))
    this.answer()
  }

  /** Answers here what is next to be answered here: replies come in the order of the requests. */
  private answer(): void {
    for (let next = this.due[0]; next && 'answer' in next; next = this.due[0]) {
      this.client.write(next.answer)
      this.due.shift()
    }
  }
}
