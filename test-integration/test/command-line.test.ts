import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { until } from './each-transport.ts'

const cli = fileURLToPath(new URL('../../packages/core/src/cli/lightbus.ts', import.meta.url))
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))

/** `lightbus` in a process of its own. */
function lightbus(...args: string[]) {
  const node = ['--import', 'tsx', '--conditions=@lightbus/source', cli, ...args]
  const child = spawn(process.execPath, node, { cwd: fixtures, env: { ...process.env, LIGHTBUS_MODULE: '' } })
  const run = { child, output: '', ended: once(child, 'close').then(([code]) => code as number | null) }
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (run.output += String(text)))
  return run
}

describe('lightbus', function () {
  this.timeout(20_000)

  it('prints its version', async () => {
    const run = lightbus('version')
    expect(await run.ended).to.equal(0)
    expect(run.output).to.match(/^\d+\.\d+\.\d+\n$/)
  })

  it('runs a bus module, says what it does, and drains on SIGTERM', async () => {
    const run = lightbus('run', 'slow-bus.ts', '--service-name', 'greeting', '--process-name', 'p1')
    await until(() => run.output.includes('handling'), `the handler runs: ${run.output}`, 15_000)
    expect(run.output).to.contain('service "greeting", process "p1"')
    expect(run.output).to.match(/serves {3}greeting/)
    expect(run.output).to.match(/listens {2}greeting\.greeted \(slow\)/)
    expect(run.output).to.match(/tasks {4}greetOnce/)
    expect(run.output).to.match(/over {5}memory/)
    expect(run.output).to.match(/ready in \d+ ms/)
    run.child.kill('SIGTERM')
    expect(await run.ended).to.equal(0)
    expect(run.output).to.contain('draining').and.to.contain('handled')
  })

  it('aborts what runs on a second signal', async () => {
    const run = lightbus('run', 'stuck-bus.ts')
    await until(() => run.output.includes('handling'), `the handler runs: ${run.output}`, 15_000)
    run.child.kill('SIGTERM')
    await until(() => run.output.includes('draining'), 'the first signal drains')
    run.child.kill('SIGTERM')
    expect(await run.ended).to.equal(0)
    expect(run.output).to.contain('aborting what still runs').and.to.contain('its signal was aborted')
  })

  it('runs only the features that are asked for', async () => {
    const run = lightbus('run', '--bus', 'slow-bus.ts', '--only', 'rpcs')
    await until(() => run.output.includes('ready in'), `it starts: ${run.output}`, 15_000)
    expect(run.output)
      .to.match(/listens {2}-/)
      .and.to.match(/tasks {4}-/)
    run.child.kill('SIGTERM')
    await run.ended
    const skipping = lightbus('run', '--bus', 'slow-bus.ts', '--skip', 'rpcs,tasks')
    await until(() => skipping.output.includes('ready in'), `it starts: ${skipping.output}`, 15_000)
    expect(skipping.output)
      .to.match(/serves {3}-/)
      .and.to.match(/tasks {4}-/)
    skipping.child.kill('SIGTERM')
    await skipping.ended
  })

  const refused: [string, string[], RegExp][] = [
    ['a feature that is none', ['run', '--only', 'rpc'], /BUS_CLI_OPTION_INVALID: --only cannot be "rpc"/],
    [
      'a module that is not there',
      ['run', 'nowhere.ts'],
      /BUS_CLI_MODULE_UNUSABLE.*nowhere\.ts.*no such file/s,
    ],
    ['no module at all', ['run'], /BUS_CLI_MODULE_UNUSABLE.*lightbus run path\/to\/bus\.ts/s],
    ['a module without a bus', ['run', 'no-bus.ts'], /BUS_CLI_MODULE_UNUSABLE.*exports no bus/s],
    [
      'a configuration that is not there',
      ['run', 'slow-bus.ts', '--config', 'nowhere.yaml'],
      /BUS_CONFIG_UNREADABLE/,
    ],
    ['a log level that is none', ['run', '--log-level', 'loud'], /Allowed choices are debug, info/],
  ]
  for (const [what, args, message] of refused)
    it(`refuses ${what}`, async () => {
      const run = lightbus(...args)
      expect(await run.ended).to.equal(1)
      expect(run.output).to.match(message)
    })
})
