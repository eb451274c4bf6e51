import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Actor } from './actor.ts'
import type { Answer, Wish } from './child.ts'

const child = fileURLToPath(new URL('child.js', import.meta.url))

type Act = Exclude<keyof Actor, symbol>
type About<A extends Act> = Parameters<Actor[A]>
type Outcome<A extends Act> = Awaited<ReturnType<Actor[A]>>

/** An actor in a process of its own. */
export class Performer {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #lastId = 0

  constructor(label: string) {
    this.#process = fork(child, [label], { execArgv: ['--expose-gc'] })
    this.#process.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    this.#process.once('exit', (code) => {
      for (const [id, settle] of this.#waiting) settle({ id, error: `${label} ended with exit code ${code}` })
      this.#waiting.clear()
    })
  }

  ask<A extends Act>(act: A, ...[about]: About<A>): Promise<Outcome<A>> {
    const wish: Wish = { id: (this.#lastId += 1), act, about }
    return new Promise((resolve, reject) => {
      this.#waiting.set(wish.id, (answer) => {
        if ('error' in answer) reject(new Error(answer.error))
        else resolve(answer.value as Outcome<A>)
      })
      this.#process.send(wish)
    })
  }

  /** Stops what was started; the process ends whether it can or not. */
  async end(): Promise<void> {
    await this.ask('stop').catch(() => undefined)
    this.#process.kill('SIGKILL')
  }
}
