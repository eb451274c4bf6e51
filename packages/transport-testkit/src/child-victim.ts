import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { EventAddress, Settled } from '@lightbus/core/transport'
import type { Settlement, Taken, Victim, VictimRequest } from './victim.ts'
import type { VictimWork } from './victim-work.ts'

/** What a child process is told to be. */
export interface ChildOrders {
  readonly entry: string
  readonly namespace: string
  readonly serviceName: string
  readonly processName: string
  readonly wishes: object
}

export interface ChildQuestion {
  readonly number: number
  readonly verb: keyof VictimWork
  readonly args: readonly unknown[]
}

export type ChildAnswer = { readonly number: number } & (
  { readonly value: unknown } | { readonly error: string }
)

/** A child process that does as it is told, until it is killed. */
export class ChildVictim implements Victim {
  readonly #child: ChildProcess
  readonly #ready: Promise<unknown>
  readonly #waiting = new Map<number, (answer: ChildAnswer | Error) => void>()
  #lastNumber = 0

  constructor(orders: ChildOrders) {
    const source = import.meta.url.endsWith('.ts') ? './victim-child.ts' : './victim-child.js'
    const program = fileURLToPath(new URL(source, import.meta.url))
    this.#child = fork(program, [JSON.stringify(orders)], { execArgv: process.execArgv })
    this.#ready = once(this.#child, 'message')
    this.#child.on('message', (answer: ChildAnswer) => this.#waiting.get(answer.number)?.(answer))
    this.#child.once('exit', () => {
      for (const settle of this.#waiting.values()) settle(new Error('The child process has ended.'))
    })
  }

  listen(request: VictimRequest): Promise<void> {
    return this.#ask('listen', request)
  }

  take(count: number): Promise<readonly Taken[]> {
    return this.#ask('take', count)
  }

  settle(id: string, how: Settlement): Promise<Settled> {
    return this.#ask('settle', id, how)
  }

  isLost(id: string): Promise<boolean> {
    return this.#ask('isLost', id)
  }

  sendLater(event: EventAddress & { readonly id: string }, delayMs: number): Promise<void> {
    return this.#ask('sendLater', event, delayMs)
  }

  serve(apiName: string, concurrency: number): Promise<void> {
    return this.#ask('serve', apiName, concurrency)
  }

  hanging(count: number): Promise<void> {
    return this.#ask('hanging', count)
  }

  async freeze(): Promise<void> {
    this.#child.kill('SIGSTOP')
  }

  async thaw(): Promise<void> {
    this.#child.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    if (this.#hasEnded) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  async close(): Promise<void> {
    if (!this.#hasEnded) await this.#ask('close').catch(() => undefined)
    await this.kill()
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async #ask<T>(verb: keyof VictimWork, ...args: readonly unknown[]): Promise<T> {
    await this.#ready
    const number = ++this.#lastNumber
    const answered = new Promise<ChildAnswer | Error>((resolve) => this.#waiting.set(number, resolve))
    const question: ChildQuestion = { number, verb, args }
    this.#child.send(question)
    const answer = await answered
    this.#waiting.delete(number)
    if (answer instanceof Error) throw answer
    if ('error' in answer) throw new Error(answer.error)
    // The child has called the method of that name, which gives this.
    return answer.value as T
  }
}
