import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { transportModule } from '../src/index.ts'

const kinds = ['event', 'rpc', 'result', 'schema'] as const

describe('the table of the options of the memory transport', () => {
  it('has every option with the default of the code', async () => {
    const text = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const rows = text.split('\n').filter((line) => line.startsWith('| `'))
    const documented = rows.map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    expect(Object.fromEntries(documented.map(([, name, , value = '']) => [name, value]))).to.deep.equal(
      ofTheCode(),
    )
  })
})

/** The defaults as people write them. */
function ofTheCode(): Readonly<Record<string, string>> {
  const properties = kinds.flatMap((kind) =>
    Object.entries(transportModule[kind]?.optionsSchema.properties ?? {}),
  )
  return Object.fromEntries(
    properties.map(([name, option]) => [name, written('default' in option ? option.default : 'none')]),
  )
}

function written(value: unknown): string {
  if (typeof value !== 'number') return value === null ? 'null' : JSON.stringify(value).replaceAll('"', '')
  return value >= 2 ** 20 ? `${value / 2 ** 20} MiB` : value.toLocaleString('en-US')
}
