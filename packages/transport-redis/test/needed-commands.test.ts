import { readdir } from 'node:fs/promises'
import { expect } from 'chai'
import { commandsOf, samplesOf } from '../src/needed-commands.ts'
import { redis } from './redis-fixture.ts'

const sources = new URL('../src/', import.meta.url)
const kinds = ['event', 'rpc', 'result', 'schema'] as const

describe('the commands that are asked for at opening', () => {
  it('are all that any script has', async () => {
    const asked = new Set(kinds.flatMap((kind) => commandsOf(kind)))
    const files = (await readdir(sources)).filter((name) => /(scripts|consumers)\.ts$/.test(name))
    for (const file of files) {
      const module = (await import(new URL(file, sources).href)) as Record<string, unknown>
      for (const [name, value] of Object.entries(module)) {
        const lua = (value as { readonly lua?: unknown }).lua
        if (typeof lua !== 'string') continue
        const used = [...lua.matchAll(/redis\.p?call\('(\w+)'/g)].map(([, command]) => command)
        expect([...asked], `${file}: ${name}`).to.include.members(used)
      }
    }
  })

  it('are written so that a server has nothing to say but yes', async () => {
    for (const kind of kinds) {
      const pipeline = redis.pipeline()
      pipeline.call('MULTI')
      for (const [name = '', ...args] of samplesOf(kind, 'test:probe')) pipeline.call(name, ...args)
      pipeline.call('DISCARD')
      const said = ((await pipeline.exec()) ?? []).map(([error, answer]) => error?.message ?? answer)
      expect([...new Set(said)]).to.deep.equal(['OK', 'QUEUED'])
    }
  })
})
