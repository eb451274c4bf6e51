import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Payload, Started } from '../subject.ts'

const repository = new URL('../../../', import.meta.url)
const programs = fileURLToPath(new URL('benchmarks/python', repository))

/** The Python that has Python Lightbus, once it is prepared. */
export const python = join(
  process.env['PYTHON_LIGHTBUS'] || fileURLToPath(new URL('test-integration/.cache/python', repository)),
  'bin/python',
)

export interface PythonProcess extends Started {
  /** Lets it do something. Rejects with what Python raised. */
  ask(verb: string, to: unknown): Promise<unknown>
}

/** What it says: an answer, or that it is ready, or something of its own accord. */
export interface Line {
  readonly answer?: number
  readonly value?: unknown
  readonly error?: string
  readonly ready?: true
  readonly handled?: Payload
}

/** Starts one part of a load, and is there when that is. */
export async function startPython(
  part: 'serve' | 'call' | 'handle' | 'fire',
  config: object,
  told: (line: Line) => void = () => undefined,
): Promise<PythonProcess> {
  await preparePython()
  const child = spawn(python, ['bench_bus.py', part, JSON.stringify(config)], {
    cwd: programs,
    env: { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1' },
  })
  const waiting = new Map<number, Expectation>()
  let [lastId, complaints] = [0, '']
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (complaints = (complaints + text).slice(-4_000)))
  child.stdin.on('error', () => undefined)
  const ended = once(child, 'close').then(() => {
    const error = new Error(`Python ended while something was expected of it: ${complaints}`)
    for (const { reject } of waiting.values()) reject(error)
  })
  const expecting = (id: number) =>
    new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject })).finally(() =>
      waiting.delete(id),
    )
  const ready = expecting(0)
  createInterface(child.stdout).on('line', (text) => {
    const line = JSON.parse(text) as Line
    const { resolve, reject } = waiting.get(line.ready ? 0 : (line.answer ?? NaN)) ?? {}
    if (line.error !== undefined) reject?.(new Error(line.error))
    else if (resolve) resolve(line.value)
    else told(line)
  })
  await ready
  return {
    async ask(verb, to) {
      if (child.exitCode !== null) throw new Error(`Python has ended: ${complaints}`)
      lastId += 1
      child.stdin.write(`${JSON.stringify({ id: lastId, verb, to })}\n`)
      return expecting(lastId)
    },
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}

interface Expectation {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

async function preparePython(): Promise<void> {
  const module = (await import(new URL('scripts/python-environment.mjs', repository).href)) as {
    preparePython(): Promise<string>
  }
  await module.preparePython()
}
