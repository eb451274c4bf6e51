import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ChildOrders } from './child.ts'
import type { ProcessSample } from './sample.ts'

const program = fileURLToPath(new URL('./child.ts', import.meta.url))
const execArgv = [
  '--import=tsx',
  '--conditions=@lightbus/source',
  '--expose-gc',
  '--disable-warning=ExperimentalWarning',
]

/** A child process of the soak. */
export class Member {
  readonly role: ChildOrders['role']
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  constructor(orders: ChildOrders) {
    this.role = orders.role
    this.#child = fork(program, [JSON.stringify(orders)], { execArgv })
    this.#ended = once(this.#child, 'exit')
    process.once('exit', () => this.#child.kill('SIGKILL'))
  }

  /** Resolves when it does what it is for. */
  async ready(): Promise<void> {
    await this.#answer()
  }

  /** What it holds now. */
  async sample(): Promise<ProcessSample> {
    this.#child.send('sample')
    return ((await this.#answer()) as { readonly sample: ProcessSample }).sample
  }

  /** Tells it to end in an orderly way. Rejects when it ends with an error. */
  async stop(): Promise<void> {
    this.#child.send('stop')
    await this.#ended
    if (this.#child.exitCode !== 0)
      throw new Error(`The ${this.role} ended with exit code ${this.#child.exitCode}.`)
  }

  async #answer(): Promise<unknown> {
    const gone = this.#ended.then(() => Promise.reject(new Error(`The ${this.role} has ended by itself.`)))
    gone.catch(() => undefined)
    const [message] = (await Promise.race([once(this.#child, 'message'), gone])) as unknown[]
    return message
  }
}
