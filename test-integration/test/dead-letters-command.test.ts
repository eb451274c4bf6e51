import { createBus, defineApi, event } from '@lightbus/core'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { z } from 'zod'
import { keepingLog, privateConfig, until } from './each-transport.ts'

const cli = fileURLToPath(new URL('../../packages/core/src/cli/lightbus.ts', import.meta.url))
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))

describe('lightbus dead-letters', function () {
  this.timeout(60_000)
  const config = privateConfig('redis')
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lightbus-letters-'))
    await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  })
  after(() => rm(folder, { recursive: true }))

  function lightbus(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const node = ['--import', 'tsx', '--conditions=@lightbus/source', cli, ...args]
    const options = {
      cwd: fixtures,
      env: { ...process.env, TEST_CONFIG: join(folder, 'config.json'), ...env },
    }
    const child = spawn(process.execPath, node, options)
    const run = { child, output: '', ended: once(child, 'close').then(([code]) => code as number | null) }
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => (run.output += String(text)))
    return run
  }

  async function letters(...args: string[]) {
    const [verb = '', ...rest] = args
    const run = lightbus([
      'dead-letters',
      verb,
      'packing',
      '--bus',
      'failing-bus.ts',
      '--service-name',
      'shop',
      ...rest,
    ])
    const code = await run.ended
    return { code, output: run.output, lines: run.output.trim().split('\n') }
  }

  async function worker(env: NodeJS.ProcessEnv, isDone: (output: string) => boolean | Promise<boolean>) {
    const run = lightbus(['run', 'failing-bus.ts', '--service-name', 'shop'], env)
    await until(() => isDone(run.output), `the worker: ${run.output}`, 20_000)
    run.child.kill('SIGTERM')
    await run.ended
  }

  it('lists, shows, redrives and discards what a listener gave up', async () => {
    const definition = { order: z.string() }
    const shop = defineApi('shop', {
      events: { order_placed: event(definition), order_paid: event(definition) },
    })
    const { log } = keepingLog()
    await using owner = createBus({ apis: [shop], config, serviceName: 'shop', log })
    owner.serve(shop)
    owner.listen(['shop.order_placed', 'shop.order_paid'], () => undefined, { listenerName: 'packing' })
    await using reader = createBus({ apis: [shop], config, serviceName: 'shop', log })
    reader.listen(['shop.order_placed', 'shop.order_paid'], () => undefined, { listenerName: 'packing' })
    const count = async (): Promise<number> => {
      let found = 0
      for await (const _ of reader.deadLetters.list('packing')) found += 1
      return found
    }
    let isFired = false
    await worker({}, async (output) => {
      if (!output.includes('ready in')) return false
      if (!isFired) {
        isFired = true
        for (const order of ['mug', 'cup']) await owner.shop.order_placed.fire({ order })
        await owner.shop.order_paid.fire({ order: 'pot' })
      }
      return (await count()) === 3
    })

    const listed = await letters('list')
    expect(listed.code, listed.output).to.equal(0)
    expect(listed.lines).to.have.lengthOf(3)
    expect(listed.lines[0]).to.match(
      /^\S+ {2}\d{4}-\d\d-\d\dT\S+ {2}shop\.order_placed \S+ {2}after 1 {2}OUT_OF_MUG: no mug left$/,
    )

    const [id = ''] = listed.lines[0]?.split('  ') ?? []
    const shown = await letters('show', id)
    expect(shown.output)
      .to.contain("order: 'mug'")
      .and.to.contain('OUT_OF_MUG')
      .and.to.contain('shop-packing')

    expect((await letters('redrive')).output).to.contain('BUS_DEAD_LETTERS_UNCHOSEN')
    expect((await letters('show', 'nothing')).output).to.contain('BUS_DEAD_LETTER_UNKNOWN')
    expect((await letters('redrive', '--all', '--dry-run')).lines).to.deep.equal(['3 would be redriven'])
    expect((await letters('discard', '--event', 'shop.order_paid', '--dry-run')).lines).to.deep.equal([
      '1 would be discarded',
    ])
    expect((await letters('discard', '--event', 'shop.order_paid')).lines).to.deep.equal(['1 discarded'])
    expect((await letters('redrive', '--code', 'OUT_OF_CUP', '--per-second', '10')).lines).to.deep.equal([
      '1 redriven',
    ])
    expect((await letters('redrive', id)).lines).to.deep.equal(['1 redriven'])
    expect((await letters('list')).output).to.equal('')
    await worker(
      { TEST_MEND: 'yes' },
      (output) => output.includes('packed mug') && output.includes('packed cup'),
    )
  })
})
