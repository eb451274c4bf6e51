import { readFile } from 'node:fs/promises'
import type { TransportKind, TransportModule } from '@lightbus/core/transport'
import { transportModule as memory } from '@lightbus/transport-memory'
import { transportModule as redis } from '@lightbus/transport-redis'
import { expect } from 'chai'

// The command of the repository uses it too, and that runs without a compiler.
const script = new URL('../../scripts/options-table.mjs', import.meta.url)
const { readmeOf, rowsFor, rowsIn } = (await import(script.href)) as {
  readmeOf(name: string): string
  rowsFor(module: TransportModule): readonly string[]
  rowsIn(text: string): readonly string[]
}
const kinds: readonly TransportKind[] = ['event', 'rpc', 'result', 'schema']

for (const [name, module] of Object.entries({ 'transport-memory': memory, 'transport-redis': redis }) as [
  string,
  TransportModule,
][])
  describe(`the options in the README of ${name}`, () => {
    let rows: readonly string[]
    before(async () => {
      rows = rowsIn(await readFile(readmeOf(name), 'utf8'))
    })

    it('are those that the code checks (else: npm run build && node scripts/options-table.mjs --write)', () => {
      expect(rows).to.deep.equal(rowsFor(module))
    })

    it('are all that there are, each for its kinds, with its default and a meaning', () => {
      for (const kind of kinds)
        for (const [option, schema] of Object.entries(module[kind]?.optionsSchema.properties ?? {})) {
          const { description = '', default: value } = schema as {
            description?: string
            default?: string | number | boolean | null
          }
          const row = rows.find((each) => each.startsWith(`| \`${option}\` |`) && isOf(each, kind)) ?? ''
          expect(row, `${kind}.${option}`).to.contain(
            description.replaceAll('|', '\\|').replaceAll(/-+/g, '-'),
          )
          if (value !== undefined && value !== '') expect(row).to.contain(`| \`${String(value)}\` |`)
        }
      for (const row of rows) expect(row).not.to.match(/\| +\|$/)
    })
  })

function isOf(row: string, kind: TransportKind): boolean {
  const [, of = ''] = row.split(' | ')
  return of === 'all' || of.split(', ').includes(kind)
}
