import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { configSchema } from '../../src/config/config-schema.ts'
import { defaults } from '../../src/config/defaults.ts'

type Value = string | number | boolean | null

interface Option {
  readonly default?: Value | readonly Value[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, Option>>
  readonly additionalProperties?: Option | boolean
}

const { properties = {} } = configSchema(new Map()) as Option
const anApi = properties['apis']?.additionalProperties
const apiOptions = (typeof anApi === 'object' && anApi.properties) || {}

describe('the defaults in the documents', () => {
  it('are those of the code, for every option of the bus', async () => {
    const [table] = await tables('configuration.md')
    expect(table).to.deep.equal(expected({ bus: properties['bus'] ?? {} }))
  })

  it('are those of the code, for every option of an API', async () => {
    const [, table] = await tables('configuration.md')
    const { validate, retry, ...others } = apiOptions
    // Both sections of `validate` are meant by one word, and `retry` has a table of its own.
    const ways = new Set(Object.values(validate?.properties ?? {}).map((way) => way.default))
    const apis = { ...others, validate: { default: [...ways].join() }, retry: {} }
    expect(retry).to.have.property('properties')
    expect(table).to.deep.equal(expected(apis))
  })

  it('are those of the code, for how events are tried again', async () => {
    const [table] = await tables('events.md')
    expect(table).to.deep.equal(expected(apiOptions['retry']?.properties ?? {}))
  })
})

/** What a table should say: the options by their paths, with their defaults. Those that have no effect are not options of ours. */
function expected(options: Readonly<Record<string, Option>>, path = ''): Readonly<Record<string, string>> {
  return Object.assign(
    {},
    ...Object.entries(options).map(([name, option]) => {
      if (option.description?.includes('no effect here')) return {}
      const own = `${path}${name}`
      if (option.properties && !own.endsWith('transport')) return expected(option.properties, `${own}.`)
      const isTransport = own.endsWith('transport')
      return { [own]: written(isTransport ? defaults.transport : option.default) }
    }),
  ) as Readonly<Record<string, string>>
}

function written(value: Option['default']): string {
  if (value === undefined) return ''
  if (value instanceof Array) return value.length === 0 ? 'none' : value.join(', ')
  return String(value)
}

/** The tables of a document that have a column of defaults, each as defaults by option. Of several names the last is that of the file. */
async function tables(document: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const text = await readFile(new URL(`../../../../docs/${document}`, import.meta.url), 'utf8')
  return [...text.matchAll(/(?:^\|.*\|\n)+/gm)].flatMap(([table]) => {
    const [header = [], , ...rows] = table.trim().split('\n').map(cells)
    const column = header.indexOf('default')
    if (column < 0) return []
    const isByFile = header[0]?.endsWith('in the file')
    return [
      Object.fromEntries(
        rows.flatMap((row) => {
          const names = [...(row[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
          return names.slice(isByFile ? -1 : 0).map((name) => [name, (row[column] ?? '').replaceAll('`', '')])
        }),
      ) as Readonly<Record<string, string>>,
    ]
  })
}

function cells(row: string): readonly string[] {
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}
