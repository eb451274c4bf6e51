import { readFile } from 'node:fs/promises'
import type { TransportModule } from '@lightbus/core/transport'
import { transportModule } from '@lightbus/transport-memory'
import { expect } from 'chai'
import { harness } from '../mutants/harness.ts'
import { mutants } from '../mutants/mutants.ts'
import { runConformance, type GuaranteeId } from '../src/index.ts'

const table = new URL('../mutants/README.md', import.meta.url)

describe('the kit, run on the memory transport with one thing wrong', function () {
  this.timeout(20_000)
  const killers = new Map<string, readonly GuaranteeId[]>()

  it('passes what is suspected to fail, as long as nothing is wrong', async () => {
    const suspects = new Set(mutants.flatMap((mutant) => mutant.suspects))
    const patient = { ...harness, patienceMs: 5_000 }
    expect(await failing(transportModule, [...suspects], patient)).to.deep.equal([])
  })

  for (const { name, module, suspects } of mutants) {
    it(`${name}: is killed`, async () => {
      const killedBy = await failing(module, suspects)
      killers.set(name, killedBy)
      expect(killedBy).not.to.deep.equal([])
    })
  }

  it('names the cases that killed each', async () => {
    const [, , ...rows] = (await readFile(table, 'utf8')).split('\n').filter((line) => line.startsWith('|'))
    const named = rows.map((row) => row.split('|').map((cell) => cell.trim()))
    expect(named.map(([, name, wrong]) => ({ name, wrong }))).to.deep.equal(
      mutants.map(({ name, wrong }) => ({ name, wrong })),
    )
    for (const [, name = '', , killedBy = ''] of named)
      expect(killers.get(name), name).to.include.members(killedBy.split(', '))
  })
})

async function failing(
  module: TransportModule,
  only: readonly GuaranteeId[],
  judge = harness,
): Promise<readonly GuaranteeId[]> {
  const { rows } = await runConformance({ module, harness: judge, tier: 'faults', seed: 1, only, jobs: 4 })
  return rows.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)
}
