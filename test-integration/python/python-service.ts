import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { until } from '../test/each-transport.ts'

const services = fileURLToPath(new URL('services', import.meta.url))
/** Where the programs of Python Lightbus are. */
export const bin = join(
  process.env['PYTHON_LIGHTBUS'] || fileURLToPath(new URL('../.cache/python', import.meta.url)),
  'bin',
)

/** What a service says, a JSON object on each line. */
export type Line = Readonly<Record<string, unknown>>

export interface PythonOptions {
  /** The configuration file. */
  readonly config: string
  readonly processName?: string
  /** The program and its arguments: a module of `services` unless given. */
  readonly command?: readonly [program: string, ...args: string[]]
  readonly folder?: string
}

/** A child process that runs the real Python Lightbus. */
export class PythonService {
  readonly lines: Line[] = []
  readonly ended: Promise<number | null>
  readonly #child: ChildProcessWithoutNullStreams
  #output = ''
  #lastId = 0

  constructor({ config, processName, command = ['python', 'run.py'], folder = services }: PythonOptions) {
    const [program, ...args] = command
    const path = join(bin, program)
    if (!existsSync(path)) throw new Error(`There is no ${path}. Run the tests with "npm run test:python".`)
    this.#child = spawn(path, args, {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        LIGHTBUS_CONFIG: config,
        LIGHTBUS_PROCESS_NAME: processName,
        // Not UTC, which Python shows in another way where it is the local time zone.
        TZ: 'EST5',
        PYTHONUNBUFFERED: '1',
        PYTHONDONTWRITEBYTECODE: '1',
      },
    })
    this.ended = once(this.#child, 'close').then(([code]) => code as number | null)
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    this.#child.stdin.on('error', () => undefined)
    createInterface(this.#child.stdout).on('line', (line) => this.#read(line))
  }

  /** What it has written that is not for the test, its log first of all. */
  get output(): string {
    return this.#output
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** 11 for Python 3.11. */
  get minorVersion(): number {
    const version = this.saying('python')[0]?.['python'] as readonly number[] | undefined
    return version?.[1] ?? 0
  }

  /** The lines that have this key. */
  saying(key: string): readonly Line[] {
    return this.lines.filter((line) => key in line)
  }

  /** What it has heard of an event. */
  heard(event: string): readonly Line[] {
    return this.lines.filter((line) => line['heard'] === event)
  }

  /** Fires an event: with these parameters, or with a value of each type. */
  fire(event: string, parameters?: object): Promise<string> {
    return this.#ask('fire', { event, parameters }) as Promise<string>
  }

  /** Calls a procedure. Rejects with what Python raised, as `Type: message`. */
  call(procedure: string, parameters: object): Promise<unknown> {
    return this.#ask('call', { procedure, parameters })
  }

  /** By name, the hint and the value that it fires of each type. */
  describeSamples(): Promise<Readonly<Record<string, readonly [hint: string, value: string]>>> {
    return this.#ask('describe_samples', {}) as ReturnType<PythonService['describeSamples']>
  }

  /** Lets the handlers go on that wait at the gate. */
  openGate(): Promise<unknown> {
    return this.#ask('open_gate', {})
  }

  /** Waits until the condition holds; fails at once, with all that it wrote, when the process ends. */
  async until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    await until(async () => {
      if (this.hasEnded) throw new Error(`Python ended while a test waited for: ${what}\n${this.#output}`)
      return condition()
    }, what)
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    this.#child.stdin.end()
    await this.ended
  }

  /** Ends it without a word to anybody. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  async #ask(verb: string, parameters: object): Promise<unknown> {
    this.#lastId += 1
    const id = this.#lastId
    this.#child.stdin.write(`${JSON.stringify({ id, verb, parameters })}\n`)
    let answer: Line | undefined
    await this.until(
      () => (answer = this.lines.find((line) => line['answer'] === id)) !== undefined,
      `the answer to ${verb} ${JSON.stringify(parameters)}`,
    )
    if (answer && 'error' in answer)
      throw new Error(`${String(answer['error'])}: ${String(answer['message'])}`)
    return answer?.['value']
  }

  #read(text: string): void {
    try {
      this.lines.push(JSON.parse(text) as Line)
    } catch {
      this.#output += `${text}\n`
    }
  }
}

/** What the promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('It was expected to be rejected, and was not')
}
