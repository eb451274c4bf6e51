import { expect } from 'chai'
import { runConformance, type Conformance, type GuaranteeId } from '../src/index.ts'
import { harness, transportModule } from './fixtures/idle-transport.ts'

/** To be closed is all that a transport without a broker can do. */
const passes: readonly GuaranteeId[] = ['L1']

describe('the kit, run on a transport that declares everything and does nothing', function () {
  this.timeout(60_000)
  let conformance: Conformance

  before(async () => {
    conformance = await runConformance({
      module: transportModule,
      harness,
      tier: 'faults',
      seed: 1,
      jobs: 16,
    })
  })

  it('skips no case', () => {
    const skipped = conformance.rows.filter(({ outcome }) => outcome === 'absent' || outcome === 'not run')
    expect(skipped.map(({ id }) => id)).to.deep.equal([])
  })

  it('fails every case but that closing is harmless', () => {
    const passed = conformance.rows.filter(({ outcome }) => outcome === 'passed')
    expect(passed.map(({ id }) => id)).to.deep.equal(passes)
  })
})
