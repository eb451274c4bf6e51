import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TransportOptions } from '@lightbus/core/transport'
import { placeVariable } from './place-variable.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const kit = 'packages/transport-testkit/src/lightbus-conformance.ts'
// Long enough to fetch a server as well.
const patienceMs = 100_000
const here = 'packages/transport-redis/test/servers'

/** How a run of the conformance kit ended, with all that it said. */
export interface Ending {
  readonly code: number
  readonly output: string
}

/** Runs the kit on a server by name, as everybody can do on the command line. */
export function runKitOnServer(name: string, ...args: readonly string[]): Promise<Ending> {
  return run(['scripts/conformance.mjs', '--transport', 'redis', '--server', name, ...args], {})
}

/** Runs the kit on whatever the options lead to. */
export function runKitAt(place: TransportOptions, env: NodeJS.ProcessEnv = {}): Promise<Ending> {
  const options = { [placeVariable]: JSON.stringify(place), REDIS_URL: '', ...env }
  return run([...source, kit, `${here}/place-harness.ts`, '--tier', 'smoke', '--jobs', '4'], options)
}

/** Runs the kit as the user that the documentation proposes, on a server like that at the url. */
export function runKitAsSmallestUser(url: string, ...args: readonly string[]): Promise<Ending> {
  return run([...source, kit, `${here}/acl-harness.ts`, ...args], { REDIS_URL: url })
}

const source = ['--import=tsx', '--conditions=@lightbus/source']

function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ending> {
  return new Promise((resolve) => {
    // A kit that runs in this process has told its own children about its proxy; this one makes one for itself.
    const environment = { ...process.env, ...env, LIGHTBUS_KIT_PROXY: undefined }
    const options = { cwd: root, env: environment, timeout: patienceMs }
    execFile(process.execPath, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, output: `${stderr}\n${stdout}` })
    })
  })
}
