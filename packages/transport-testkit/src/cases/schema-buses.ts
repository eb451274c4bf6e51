import { defineApi, event, tokens, type Api, type Bus, type WrittenConfig } from '@lightbus/core'
import type { ApiSchema } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { busErrorOf } from './failures.ts'
import { persist } from './hearing.ts'
import { schemaOf } from './schema-samples.ts'

/** C5, C6, C10: what whole buses make of what others publish. */
export const schemaBusesCases = {
  C5: async (stage) => {
    await replacedIsTold(stage)
    const [older, newer] = [stockOf('string'), stockOf('integer')]
    await owner(stage, older, 'newest').start()
    const watcher = await stage.schema()
    const refused = await busErrorOf(owner(stage, newer, 'error').start())
    expect(refused.code, 'two opinions where that is an error').to.equal('BUS_SCHEMA_CONFLICT')
    expect(await watcher.load(), 'the schema that stays').to.deep.equal([older.schema])
    await owner(stage, older, 'error').start()
    expect(warnings(stage), 'warnings so far').to.deep.equal([])
    await owner(stage, newer, 'newest').start()
    expect(await watcher.load(), 'the newest schema').to.deep.equal([newer.schema])
    expect(warnings(stage), 'warnings where the newest stands').to.deep.equal([])
    await owner(stage, older, 'warn').start()
    expect(warnings(stage), 'a warning').to.have.lengthOf(1)
    expect(warnings(stage)[0]?.facts, 'what the warning is about').to.include({ api: older.name })
  },

  C6: async (stage) => {
    const publisher = await stage.schema()
    const [before, after] = [schemaOf('shop.stock', 'before'), schemaOf('shop.stock', 'after')]
    await publisher.store(before, { ttlMs: undefined })
    const { bus, known } = reader(stage, ttlMs)
    await bus.start()
    expect(known('shop.stock'), 'what a bus knows from its start').to.deep.equal(before)
    await publisher.store(after, { ttlMs: undefined })
    await publisher.store(schemaOf('shop.new'), { ttlMs: undefined })
    // It looks again when 0.8 of the time to live are over.
    await stage.pass(ttlMs)
    expect(known('shop.stock'), 'what it knows within the interval').to.deep.equal(after)
    expect(known('shop.new'), 'a new API').to.deep.equal(schemaOf('shop.new'))
  },

  C10: async (stage) => {
    const publisher = await stage.schema()
    const [before, after] = [schemaOf('shop.stock', 'before'), schemaOf('shop.stock', 'after')]
    await publisher.store(before, { ttlMs: undefined })
    const { bus, known } = reader(stage, ttlMs)
    let isRunning = true
    stage.during(bus.finished.then(() => (isRunning = false)))
    await bus.start()
    const undo = await stage.fault('refuse')()
    await stage.until(() => said(stage, 'Schemas could not be refreshed'))
    expect(known('shop.stock'), 'what is known without the broker').to.deep.equal(before)
    expect(isRunning, 'whether the bus still runs').to.equal(true)
    const impatient = reader(stage, ttlMs, { start_timeout: '500ms' })
    const { retriable } = await busErrorOf(impatient.bus.start())
    expect(retriable, 'whether trying to start again helps').to.equal(true)
    const patient = reader(stage, ttlMs)
    const starting = patient.bus.start()
    stage.during(starting.catch(() => undefined))
    await undo()
    await starting
    expect(patient.known('shop.stock'), 'what is known once the broker is back').to.deep.equal(before)
    // The connection of the publisher may take a moment to be back.
    await persist(stage, () => publisher.store(after, { ttlMs: undefined }))
    await stage.until(() => known('shop.stock')?.rpcs['buy']?.response['title'] === 'after')
    expect(isRunning, 'whether the bus still runs').to.equal(true)
  },
} satisfies Cases

const ttlMs = 1_000

/** A bus that knows what is published, and nothing else. */
function reader(stage: Stage, schemaTtlMs: number, more: WrittenConfig['bus'] = {}) {
  let schemas: { get(apiName: string): ApiSchema | undefined } | undefined
  const bus = stage.bus([], {
    config: { bus: { ...more, schema: { ttl: `${schemaTtlMs}ms` } } },
    options: {
      override(container) {
        container.register(tokens.clock, { useValue: stage.clock })
        schemas = container.resolve(tokens.schemas)
      },
    },
  })
  return { bus, known: (apiName: string) => schemas?.get(apiName) }
}

/** An API with an event whose parameter is of this type. */
function stockOf(type: string): Api {
  return defineApi('shop.stock', { events: { counted: event({ count: { type } }) } })
}

function owner(stage: Stage, api: Api, onConflict: 'error' | 'warn' | 'newest'): Bus {
  const config: WrittenConfig = {
    bus: { schema: { on_conflict: onConflict, on_breaking_change: 'ignore' } },
  }
  // Its APIs make no difference to how it starts.
  const bus = stage.bus([api], { config }) as unknown as Bus
  bus.serve<Api>(api, {} as never)
  return bus
}

function warnings(stage: Stage) {
  return stage.log.lines.filter(({ level }) => level === 'warn' || level === 'error')
}

function said(stage: Stage, message: string): boolean {
  return stage.log.lines.some((line) => line.message.includes(message))
}

async function replacedIsTold(stage: Stage): Promise<void> {
  const namespace = stage.anotherNamespace()
  const [one, other] = [await stage.schema({ namespace }), await stage.schema({ namespace })]
  const [before, after] = [schemaOf('shop.orders', 'before'), schemaOf('shop.orders', 'after')]
  const storing = async (schemas: typeof one, schema: ApiSchema) =>
    (await schemas.store(schema, { ttlMs: 60_000 })).replaced
  expect(await storing(one, before), 'replaced by the first').to.equal(undefined)
  expect(await storing(other, before), 'replaced by the same').to.equal(undefined)
  expect(await storing(other, after), 'replaced by another').to.deep.equal(before)
  expect(await storing(other, after), 'replaced by the same again').to.equal(undefined)
  expect(await storing(one, before), 'replaced by the first again').to.deep.equal(after)
  expect(await storing(one, schemaOf('shop.stock')), 'replaced by that of another API').to.equal(undefined)
  await one.store(schemaOf('shop.brief', 'before'), { ttlMs: 300 })
  await stage.pass(400)
  const late = await storing(other, schemaOf('shop.brief', 'after'))
  expect(late, 'what had expired as what is replaced').to.equal(undefined)
}
