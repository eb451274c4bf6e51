import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Whereabouts } from './broker.ts'
import type { ChildOrders } from './child.ts'

const program = fileURLToPath(new URL('./child.ts', import.meta.url))
const execArgv = ['--import=tsx', '--conditions=@lightbus/source']
const endsWithinMs = 20_000

export interface CrewParts {
  readonly whereabouts: Whereabouts
  readonly ledgerFolder: string
  readonly logFolder: string
  readonly seed: number
  readonly say: (line: string) => void
}

interface Member {
  readonly orders: Pick<ChildOrders, 'role' | 'processName'>
  readonly child: ChildProcess
  readonly ready: Promise<unknown>
  readonly ended: Promise<unknown>
  isReady: boolean
  isToEnd: boolean
}

/** The child processes of the run, each at a place: those at a place come one after another. */
export class Crew {
  /** Processes that ended without being told to. */
  readonly strays: string[] = []
  /** Processes that did not end in time when they were told to. */
  readonly stuck: string[] = []
  readonly #parts: CrewParts
  readonly #members = new Map<string, Member>()
  /** What is done at a place is done one after the other. */
  readonly #turns = new Map<string, Promise<void>>()
  #launches = 0

  constructor(parts: CrewParts) {
    this.#parts = parts
    process.once('exit', () => this.#killAll())
  }

  /** Starts a process at a place that is free. */
  launch(place: string, role: ChildOrders['role'], processName = place): void {
    const { whereabouts, ledgerFolder, logFolder, seed } = this.#parts
    const launch = ++this.#launches
    const orders: ChildOrders = {
      role,
      processName,
      whereabouts,
      ledgerFolder,
      seed: seed * 1_000 + launch,
      logPath: join(logFolder, `${processName}.log`),
      isDeduplicating: launch % 2 === 0,
    }
    const output = openSync(join(logFolder, `${processName}.out`), 'a')
    const child = fork(program, [JSON.stringify(orders)], {
      execArgv,
      stdio: ['ignore', output, output, 'ipc'],
    })
    closeSync(output)
    const ended = once(child, 'exit')
    const ready = Promise.race([once(child, 'message'), ended])
    const member: Member = { orders, child, ready, ended, isReady: false, isToEnd: false }
    child.once('message', () => (member.isReady = true))
    this.#members.set(place, member)
    void ended.then(() => this.#notice(place, member))
  }

  /** Resolves when every process that is there does what it is for. */
  async ready(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ ready }) => ready))
  }

  /** Whether the process at the place does what it is for, and is not to end. */
  isReady(place: string): boolean {
    const member = this.#members.get(place)
    return member !== undefined && member.isReady && !member.isToEnd
  }

  /** Kills the process at the place, and starts another, under the same name or a new one. */
  replace(place: string, { sameName }: { readonly sameName: boolean }): Promise<void> {
    return this.#inTurn(place, async (member) => {
      member.isToEnd = true
      member.child.kill('SIGKILL')
      await member.ended
      const { role, processName } = member.orders
      this.launch(place, role, sameName ? processName : this.#newName(place))
    })
  }

  /** Stops the process at the place in an orderly way, and starts another. */
  restart(place: string): Promise<void> {
    return this.#inTurn(place, async (member) => {
      await this.#stop(member)
      this.launch(place, member.orders.role, this.#newName(place))
    })
  }

  /** Pauses the process at the place. */
  freeze(place: string, forMs: number): Promise<void> {
    return this.#inTurn(place, async ({ child }) => {
      child.kill('SIGSTOP')
      await sleep(forMs)
      child.kill('SIGCONT')
    })
  }

  /** Tells all processes of a role to end, and waits for them. */
  async stopAll(role: ChildOrders['role']): Promise<void> {
    const places = [...this.#members].filter(([, { orders }]) => orders.role === role)
    await Promise.all(places.map(([place]) => this.#inTurn(place, (member) => this.#stop(member))))
  }

  async killAll(): Promise<void> {
    this.#killAll()
    await Promise.all([...this.#members.values()].map(({ ended }) => ended))
  }

  #killAll(): void {
    for (const member of this.#members.values()) {
      member.isToEnd = true
      member.child.kill('SIGKILL')
    }
  }

  #inTurn(place: string, act: (member: Member) => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(place) ?? Promise.resolve()).then(() => {
      const member = this.#members.get(place)
      if (!member) throw new Error(`Nobody is at ${place}.`)
      return act(member)
    })
    this.#turns.set(place, turn)
    return turn
  }

  async #stop(member: Member): Promise<void> {
    member.isToEnd = true
    member.child.kill('SIGTERM')
    const timer = setTimeout(() => {
      this.stuck.push(member.orders.processName)
      member.child.kill('SIGKILL')
    }, endsWithinMs)
    await member.ended
    clearTimeout(timer)
  }

  #newName(place: string): string {
    return `${place}.${this.#launches + 1}`
  }

  // A process that was told to end may still end with an error.
  #notice(place: string, { orders, child, isToEnd }: Member): void {
    const { processName, role } = orders
    const failed = child.exitCode !== null && child.exitCode !== 0
    if (isToEnd && !failed) return
    const how = `${processName} (${child.signalCode ?? `exit code ${child.exitCode}`})`
    this.strays.push(how)
    this.#parts.say(`!! ended unasked or with an error: ${how}`)
    if (!isToEnd) this.launch(place, role, this.#newName(place))
  }
}
