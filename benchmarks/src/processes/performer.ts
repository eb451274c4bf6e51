import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isPython } from '../is-python.ts'
import { labelOf } from '../subjects.ts'
import type { Subject } from '../subject.ts'
import type { Actor } from './actor.ts'
import type { LightbusActor } from './lightbus-actor.ts'
import type { Answer, Wish } from './obey.ts'

type Act<A> = Exclude<keyof A, symbol>
type Method = (...about: never[]) => unknown
type About<M> = M extends Method ? Parameters<M> : never
type Outcome<M> = M extends Method ? Awaited<ReturnType<M>> : never

const patienceMs = 45_000
const stopMs = 5_000
const alive = new Set<ChildProcess>()
// However this process ends, nobody goes on, not even one that has been halted.
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

interface PerformerParts {
  /** As it is told. */
  readonly name: string
  readonly program: 'child.js' | 'lightbus-child.js'
  readonly args?: readonly string[]
  /** Whether it is asked to stop before it ends: it has processes of its own. */
  readonly isStopped?: boolean
}

/** An actor in a process of its own. */
export class Performer<A> {
  readonly #parts: PerformerParts
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #lastId = 0

  constructor(parts: PerformerParts) {
    this.#parts = parts
    const { name, program, args = [] } = parts
    const path = fileURLToPath(new URL(program, import.meta.url))
    this.#process = fork(path, args, { execArgv: ['--expose-gc'] })
    alive.add(this.#process)
    this.#process.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer))
    this.#process.once('exit', (code, signal) => {
      alive.delete(this.#process)
      for (const [id, settle] of this.#waiting)
        settle({ id, error: `${name} ended: ${signal ?? `exit code ${code}`}` })
    })
  }

  /** Rejects with what the actor throws, when its process ends, and when it takes too long. */
  ask<N extends Act<A>>(act: N, ...[about]: About<A[N]>): Promise<Outcome<A[N]>> {
    return this.#ask(String(act), about, patienceMs) as Promise<Outcome<A[N]>>
  }

  /** Lets it wait for ever just where it is. */
  halt(): void {
    this.#process.kill('SIGSTOP')
  }

  /** Ends the process, at once: what it leaves in Redis goes with the next flush. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!alive.has(this.#process)) return
    if (this.#parts.isStopped) await this.#ask('stop', undefined, stopMs).catch(() => undefined)
    if (!alive.has(this.#process)) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }

  #ask(act: string, about: unknown, withinMs: number): Promise<unknown> {
    const { name } = this.#parts
    if (!alive.has(this.#process)) throw new Error(`${name} has ended`)
    const wish: Wish = { id: (this.#lastId += 1), act, about }
    return new Promise((resolve, reject) => {
      const settle = (answer: Answer): void => {
        clearTimeout(timer)
        this.#waiting.delete(wish.id)
        if ('error' in answer) reject(new Error(answer.error))
        else resolve((answer as { readonly value?: unknown }).value)
      }
      const timer = setTimeout(() => {
        settle({ id: wish.id, error: `${name} has no answer to "${act}" after ${withinMs / 1_000} s` })
      }, withinMs)
      this.#waiting.set(wish.id, settle)
      this.#process.send(wish)
    })
  }
}

export function subjectPerformer(subject: Subject): Performer<Actor> {
  const { name, variant } = subject
  return new Performer({
    name: labelOf(subject),
    program: 'child.js',
    args: [name, variant],
    isStopped: isPython(subject),
  })
}

export function lightbusPerformer(): Performer<LightbusActor> {
  return new Performer({ name: 'Lightbus', program: 'lightbus-child.js' })
}
