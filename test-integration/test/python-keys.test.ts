import { readFile } from 'node:fs/promises'
import { createBus, isBusError, tokens, type WrittenConfig } from '@lightbus/core'
import { expect } from 'chai'
import { keepingLog } from './each-transport.ts'

interface Fact {
  readonly types: readonly string[]
  readonly default: unknown
  readonly values?: readonly unknown[]
}

/** What Python's own package says of its configuration file; `npm run test:python` compares it with the package. */
interface Facts {
  readonly keys: Readonly<Record<string, Fact>>
  readonly connection_parameters: readonly string[]
}

const recording = new URL('../recordings/python-config-keys.json', import.meta.url)
const page = new URL('../../docs/python.md', import.meta.url)

const sections: Readonly<Record<string, readonly string[]>> = {
  'the file': [''],
  'an API': ['apis.*.'],
  'each transport': ['event', 'rpc', 'result'].map((kind) => `apis.*.${kind}_transport.`),
  plugins: ['plugins.'],
}

describe('the keys of Python in one file', () => {
  let facts: Facts
  let told: ReadonlyMap<string, string>

  before(async () => {
    facts = JSON.parse(await readFile(recording, 'utf8')) as Facts
    told = await documented()
  })

  it('are all in the table of docs/python.md, and no others', () => {
    const parameters = facts.connection_parameters.map((name) => `connection_parameters.${name}`)
    expect([...told.keys()].toSorted()).to.deep.equal([...Object.keys(facts.keys), ...parameters].toSorted())
  })

  it('do here what the table says, with each value that Python takes', async () => {
    for (const [key, fact] of Object.entries(facts.keys))
      for (const value of samplesOf(fact)) await expectAsTold(key, value)
  })

  it('do here what the table says, within connection_parameters', async () => {
    for (const name of facts.connection_parameters)
      for (const kind of ['event', 'rpc', 'result'])
        await expectAsTold(
          `apis.*.${kind}_transport.redis.connection_parameters.${name}`,
          connectionSamples[name] ?? 'x',
          `connection_parameters.${name}`,
        )
  })

  it('are refused with other classes than those of Lightbus for messages', async () => {
    for (const name of ['serializer', 'deserializer'])
      for (const kind of ['event', 'rpc', 'result']) {
        const outcome = await outcomeOf(`apis.*.${kind}_transport.redis.${name}`, 'shop.Packer')
        expect(outcome.refused, name).to.equal('BUS_CONFIG_INVALID')
      }
  })

  /** Compares what the table says of a key with what becomes of a file that has it. */
  async function expectAsTold(key: string, value: unknown, name = key): Promise<void> {
    const says = told.get(name) ?? 'nothing'
    const { refused, withoutEffect } = await outcomeOf(key, value)
    const expected = says.startsWith('refused')
      ? 'refused'
      : says.startsWith('no effect')
        ? 'no effect'
        : 'taken'
    const found = refused !== undefined ? 'refused' : withoutEffect.length > 0 ? 'no effect' : 'taken'
    expect(found, `${key}: ${JSON.stringify(value)} (${refused ?? ''})`).to.equal(expected)
    if (found === 'no effect') expect(withoutEffect).to.deep.equal([key.replace('*', 'shop')])
  }
})

const connectionSamples: Readonly<Record<string, unknown>> = { db: 1, ssl: true, minsize: 1, maxsize: 9 }

const samples: Readonly<Record<string, readonly unknown[]>> = {
  boolean: [true, false],
  integer: [7],
  number: [1.5],
  null: [null],
  object: [{}],
}

/** Values that Python takes for a key: what it has unless given, all that it may have if they are few, and some of each type. */
function samplesOf({ types, default: usual, values = [] }: Fact): readonly unknown[] {
  const given = usual === null ? (types.includes('string') ? ['x'] : []) : [usual]
  const known = types.includes('object') ? [] : [...given, ...values]
  return [...known, ...types.flatMap((type) => samples[type] ?? [])]
}

interface Outcome {
  readonly refused: string | undefined
  readonly withoutEffect: readonly string[]
}

/** What a bus makes of a configuration with this key, without going on to open anything. */
async function outcomeOf(key: string, value: unknown): Promise<Outcome> {
  let withoutEffect: readonly string[] = []
  const enough = new Error('enough')
  const bus = createBus({
    config: configWith(key.replace('*', 'shop').split('.'), value) as WrittenConfig,
    log: keepingLog().log,
    override(container) {
      withoutEffect = container.resolve(tokens.config).withoutEffect
      throw enough
    },
  })
  const error: unknown = await bus.start().catch((reason: unknown) => reason)
  if (error !== enough && !isBusError(error)) throw error
  return { refused: isBusError(error) ? error.code : undefined, withoutEffect }
}

function configWith([name = '', ...path]: readonly string[], value: unknown): object {
  return { [name]: path.length === 0 ? value : configWith(path, value) }
}

/** What the page says of each key, by its path. */
async function documented(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(page, 'utf8')
  const [, table = ''] = text.split('## The keys of the file')
  const rows = table.split('\n## ')[0]?.matchAll(/^\| (?!in |-)(.*?) +\| (.*?) +\| (.*?) +\|$/gm) ?? []
  return new Map(
    [...rows].flatMap(([, where = '', keys = '', here = '']) =>
      (sections[where] ?? [prefixOf(where)]).flatMap((prefix) =>
        [...keys.matchAll(/`([\w.]+)`/g)].map(([, key]) => [`${prefix}${key}`, here] as const),
      ),
    ),
  )
}

/** `event_transport.redis` is within an API; all other names stand for themselves. */
function prefixOf(where: string): string {
  const name = where.replaceAll('`', '')
  return `${/^\w+_transport/.test(name) ? 'apis.*.' : ''}${name}.`
}
