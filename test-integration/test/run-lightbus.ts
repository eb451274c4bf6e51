import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const cli = fileURLToPath(new URL('../../packages/core/src/cli/lightbus.ts', import.meta.url))
// Also where the working directory has no packages.
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

/** `lightbus` in a process of its own, with what it has said so far. */
export function startLightbus(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
) {
  const node = ['--import', tsx, '--conditions=@lightbus/source', cli, ...args]
  const env = { ...process.env, LIGHTBUS_MODULE: '', LIGHTBUS_CONFIG: '', ...options.env }
  const child = spawn(process.execPath, node, { ...options, env })
  const run = { child, output: '', errors: '', ended: once(child, 'close').then(([code]) => code as number) }
  child.stdout.on('data', (text) => (run.output += String(text)))
  child.stderr.on('data', (text) => (run.errors += String(text)))
  return run
}

/** The same, once it has ended. */
export async function runLightbus(...given: Parameters<typeof startLightbus>) {
  const run = startLightbus(...given)
  const code = await run.ended
  return { code, output: run.output, errors: run.errors }
}
