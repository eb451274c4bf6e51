import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../../../packages/core/src/cli/lightbus.ts', import.meta.url))
const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url))

export interface Run {
  readonly child: ChildProcess
  /** Everything that it has said so far. */
  readonly output: string
  /** Its exit code. */
  readonly ended: Promise<number | null>
}

/** `lightbus` in a process of its own, among the fixtures. */
export function lightbus(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const node = ['--import', 'tsx', '--conditions=@lightbus/source', cli, ...args]
  const child = spawn(process.execPath, node, {
    cwd: fixtures,
    env: { ...process.env, LIGHTBUS_MODULE: '', ...env },
  })
  const run = { child, output: '', ended: once(child, 'close').then(([code]) => code as number | null) }
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (run.output += String(text)))
  return run
}
