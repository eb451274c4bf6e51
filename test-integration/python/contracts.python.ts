import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { until } from '../test/each-transport.ts'
import { runLightbus } from '../test/run-lightbus.ts'
import { Fleet } from './fleet.ts'
import type { PythonService } from './python-service.ts'
import { bin as pythonBin } from './python-service.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const execute = promisify(execFile)

const program = `
import { createBus } from '@lightbus/core'
import { pySums } from './apis/py.sums.api.ts'
import { pyValues, type User } from './apis/py.values.api.ts'

const bus = createBus({ apis: [pySums, pyValues], serviceName: 'contracts' })
bus.py.sums.added.listen(({ sum }) => console.log(\`heard \${sum.toFixed(1)}\`), { listenerName: 'contracts' })
bus.py.values.everything.listen(
  ({ text, whole, nothing, colour, pair: [name, count], scores, unique, user: { address }, moment }) => {
    const kind: 'red' | 'blue' = colour
    const zip: string | null | undefined = address.zip
    console.log(JSON.stringify([text, whole + count, nothing, kind, name, scores['a'], unique[0], zip, typeof moment]))
  },
  { listenerName: 'contracts_values' },
)
await bus.start()
const sum: number = await bus.py.sums.add({ a: 1 })
const other: number = await bus.py.sums.add({ a: 1, b: 5 })
const bob: User = { name: 'bob', address: { street: 'High St' } }
const { name, address } = await bus.py.values.get_user({ user: bob })
console.log(\`called \${sum} \${other} \${name} \${address.street}\`)
process.once('SIGTERM', () => void bus.stop())
`

describe('the contracts of a Python service', function () {
  this.timeout(60_000)
  let fleet: Fleet
  let python: PythonService
  let folder: string

  beforeEach(async () => {
    fleet = await Fleet.assemble()
    folder = dirname(fleet.config)
    python = await fleet.python()
  })

  afterEach(() => fleet.disband())

  const types = (...args: string[]) => runLightbus(['types', '--out', join(folder, 'apis'), ...args])

  async function compile(text: string): Promise<readonly string[]> {
    await writeFile(join(folder, 'program.ts'), text)
    const options = { noEmit: true, rootDir: root, incremental: false, tsBuildInfoFile: null }
    const config = { extends: join(root, 'tsconfig.test.json'), compilerOptions: options, include: ['.'] }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules/.bin/tsc')
    const { stdout } = await execute(tsc, ['-p', folder], { cwd: root }).catch(
      (error: { readonly stdout: string }) => error,
    )
    return stdout.split('\n').filter((line) => line.includes('error TS'))
  }

  it('compile, call it and hear it', async () => {
    const { code, output, errors } = await types('--config', fleet.config)
    expect(code, errors).to.equal(0)
    expect(output.match(/written: /g)).to.have.lengthOf(4)
    expect(await compile(program)).to.deep.equal([])
    const running = execFile(
      process.execPath,
      ['--import=tsx', '--conditions=@lightbus/source', 'program.ts'],
      {
        cwd: folder,
        env: { PATH: process.env['PATH'], LIGHTBUS_CONFIG: fleet.config },
      },
    )
    let said = ''
    for (const stream of [running.stdout, running.stderr])
      stream?.on('data', (text) => (said += String(text)))
    try {
      await until(
        () => said.includes('called 3 6 bob High St\n'),
        `the results of the calls: ${said}`,
        20_000,
      )
      await python.fire('py.sums.added', { sum: 2 })
      await python.fire('py.values.everything')
      await until(() => said.includes('heard 2.0\n'), `the event: ${said}`)
      const values = JSON.stringify(['hé"☃', 8, null, 'red', 'a', 1, 'a', 'N1', 'string'])
      await until(() => said.includes(values), `the values: ${said}`)
    } finally {
      running.kill('SIGKILL')
    }
  })

  it('refuse what Python would refuse', async () => {
    await types('--config', fleet.config)
    for (const [right, wrong] of [
      ['add({ a: 1 })', `add({ a: '1' })`],
      ['add({ a: 1 })', 'add({})'],
      [`{ street: 'High St' }`, '{ zip: null }'],
      ['const sum: number', 'const sum: string'],
      ['sum.toFixed', 'sum.length'],
      [`kind: 'red' | 'blue'`, `kind: 'red'`],
    ] as const)
      expect(await compile(program.replace(right, wrong)), wrong).not.to.deep.equal([])
  })

  it('are the same from the file that Python dumps, and from ours, which Python loads', async () => {
    await types('--config', fleet.config)
    const [theirs, ours] = [join(folder, 'theirs.json'), join(folder, 'ours.json')]
    // Lightbus' own command cannot load a service whose file turns the state plugin on.
    await execute(join(pythonBin, 'python'), ['-c', dumping, fleet.config, theirs])
    for (const name of ['py.sums', 'py.values']) {
      const check = await types('--from', theirs, '--api', name, '--check')
      expect([check.code, check.output]).to.deep.equal([0, ''])
    }
    await runLightbus(['dumpschema', '--config', fleet.config, '--out', ours, '--api', 'py.sums'])
    const { stdout } = await execute(join(pythonBin, 'python'), ['-c', loading, ours])
    expect(JSON.parse(stdout)).to.deep.equal(JSON.parse(await readFile(ours, 'utf8')))
  })
})

const dumping = `
import sys
import lightbus
bus = lightbus.create(config=lightbus.config.Config.load_file(sys.argv[1]))
lightbus.utilities.async_tools.block(bus.client.lazy_load_now())
bus.schema.save_local(sys.argv[2])
bus.client.close()
`
const loading = `
import json, sys
from lightbus.schema import Schema
schema = Schema(schema_transport=None)
print(json.dumps(schema.load_local(sys.argv[1])))
`
