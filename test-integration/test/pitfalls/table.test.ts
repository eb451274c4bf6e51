import { readFile } from 'node:fs/promises'
import { expect } from 'chai'

const root = new URL('../../../', import.meta.url)

describe('the table of pitfalls', () => {
  it('names guarantees and tests that exist, at least one for each pitfall', async () => {
    const guarantees = new Set(
      [...(await read('docs/guarantees.md')).matchAll(/^\| ([LERSC]\d+) /gm)].map(([, id]) => id),
    )
    const rows = await rowsOf('docs/pitfalls.md')
    expect(rows).to.have.length.above(40)
    for (const { pitfall, shownBy } of rows) {
      expect(shownBy, pitfall).not.to.deep.equal([])
      for (const shown of shownBy) {
        const [, path, title = ''] = /^`(.+\.test\.ts)`: (.+)$/.exec(shown) ?? []
        if (path !== undefined) expect(await titlesIn(path), `${pitfall} ${path}`).to.include(title)
        else for (const id of shown.split(', ')) expect([...guarantees], pitfall).to.include(id)
      }
    }
  })

  it('names every test of this folder', async () => {
    const named = (await rowsOf('docs/pitfalls.md')).flatMap(({ shownBy }) => shownBy)
    for (const file of ['calls', 'configuration', 'events', 'running']) {
      const path = `test-integration/test/pitfalls/${file}.test.ts`
      for (const title of await titlesIn(path)) expect(named).to.include(`\`${path}\`: ${title}`)
    }
  })
})

function read(path: string): Promise<string> {
  return readFile(new URL(path, root), 'utf8')
}

async function rowsOf(
  document: string,
): Promise<readonly { readonly pitfall: string; readonly shownBy: readonly string[] }[]> {
  const lines = (await read(document)).split('\n').filter((line) => /^\| (?!What|-)/.test(line))
  return lines.map((line) => {
    const [, pitfall = '', , shownBy = ''] = line.split('|').map((cell) => cell.trim())
    return { pitfall, shownBy: shownBy.split('<br>').filter(Boolean) }
  })
}

/** The titles of the tests in a file, as they are written there. */
async function titlesIn(path: string): Promise<readonly string[]> {
  return [...(await read(path)).matchAll(/\bit\(\s*(['"`])(.+?)\1,/g)].map(([, , title = '']) => title)
}
