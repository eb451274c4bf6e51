import { spawn, type ChildProcess } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { until } from '../test/each-transport.ts'
import { Fleet } from './fleet.ts'
import { PythonService } from './python-service.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cli = join(root, 'packages/core/src/cli/lightbus.ts')

describe('the fleet of docs/python.md', () => {
  let fleet: Fleet
  let folder: string
  const children: ChildProcess[] = []

  before(async () => {
    const page = await readFile(join(root, 'docs/python.md'), 'utf8')
    const files = new Map(
      [...page.matchAll(/^```\w+\n((?:#|\/\/) ([\w.]+)\n.*?)^```$/gms)].map(([, text = '', name = '']) => [
        name,
        text,
      ]),
    )
    expect([...files.keys()]).to.deep.equal(['fleet.yaml', 'bus.py', 'mail.ts', 'register.ts'])
    fleet = await Fleet.assemble(files.get('fleet.yaml'))
    folder = dirname(fleet.config)
    for (const [name, text] of files) if (name !== 'fleet.yaml') await writeFile(join(folder, name), text)
  })

  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await fleet.disband()
  })

  it('prints what the page says', async function () {
    this.timeout(30_000)
    await using python = new PythonService({
      config: fleet.config,
      folder,
      command: ['lightbus', 'run', '--bus', 'bus', '--config', 'fleet.yaml', '--service-name', 'auth'],
    })
    const mail = node(cli, 'run', '--bus', './mail.ts', '--config', 'fleet.yaml', '--service-name', 'mail')
    await python.until(() => mail.output().includes('ready in'), 'the TypeScript service runs')
    const listens = async (): Promise<boolean> => (await fleet.consumers('mail.*:stream')).length > 0
    await python.until(listens, 'the Python service runs')
    const register = node('register.ts')
    await until(() => register.output().includes('true\n'), 'the result of the call')
    await until(() => mail.output().includes('Welcome sally\n'), 'the line of the TypeScript service')
    const line = 'sally@example.com was welcomed, 1 so far\n'
    await python.until(() => python.output.includes(line), 'the line of the Python service')
  })

  /** Runs a program of ours in the folder. */
  function node(...program: readonly string[]): { readonly output: () => string } {
    const child = spawn(process.execPath, ['--import=tsx', '--conditions=@lightbus/source', ...program], {
      cwd: folder,
      env: { PATH: process.env['PATH'], LIGHTBUS_CONFIG: 'fleet.yaml' },
    })
    children.push(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    return { output: () => output }
  }
})
