import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { transportModule } from '../src/index.ts'

const kinds = ['event', 'rpc', 'result', 'schema'] as const

interface Option {
  readonly default?: string | number | boolean | null
  readonly description?: string
  readonly properties?: Readonly<Record<string, Option>>
}

describe('the table of the options of Redis', () => {
  it('says what the code says: every option, whose it is, its default and what it means', async () => {
    const document = new URL('../../../docs/redis-options.md', import.meta.url)
    const [, , ...rows] = (await readFile(document, 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('|'))
    expect(rows.map((row) => row.replaceAll(/ +/g, ' '))).to.deep.equal(rowsOfTheCode())
  })
})

function rowsOfTheCode(): readonly string[] {
  const whose = new Map<string, string[]>()
  for (const kind of kinds)
    for (const [name, option] of flat(transportModule[kind]?.optionsSchema.properties ?? {})) {
      const row = `| ${written(option.default)} | ${option.description ?? ''} |`
      const key = JSON.stringify([`| \`${name}\` |`, row.replaceAll(/ +/g, ' ')])
      whose.set(key, [...(whose.get(key) ?? []), kind])
    }
  return [...whose].map(([key, of]) => {
    const [start = '', end = ''] = JSON.parse(key) as readonly string[]
    const all = of.length === kinds.length ? 'all' : of.length === 3 ? 'all but schema' : of.join(', ')
    return `${start} ${all} ${end}`
  })
}

/** Options by their paths, without those that are accepted for Python services and have no effect. */
function flat(options: Readonly<Record<string, Option>>, path = ''): readonly (readonly [string, Option])[] {
  return Object.entries(options).flatMap(([name, option]) => {
    if (/has no effect here|^Without effect/.test(option.description ?? '')) return []
    return [[`${path}${name}`, option] as const, ...flat(option.properties ?? {}, `${path}${name}.`)]
  })
}

function written(value: Option['default']): string {
  if (value === undefined || value === '') return ''
  return typeof value === 'number' ? String(value) : `\`${String(value)}\``
}
