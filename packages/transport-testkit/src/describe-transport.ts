import { declaredBy, missing } from './declared.ts'
import { guaranteeIds, guarantees, type GuaranteeId } from './guarantees/all-guarantees.ts'
import { tiers, type Tier } from './guarantees/guarantee.ts'
import type { Harness } from './harness.ts'
import type { TransportModule } from '@lightbus/core/transport'
import { runCase } from './run-case.ts'

export interface DescribeOptions {
  /** How much is run: `faults`, all but the long soak, unless given. */
  readonly tier?: Tier
  readonly seed?: number
}

/**
 * Registers the guarantees of the contracts as mocha cases, each named by its number. What the transport declares runs and has
 * to pass; what it does not is no case, and is named in the title of the suite.
 */
export function describeTransport(
  module: TransportModule,
  harness: Harness,
  { tier = 'faults', seed = 1 }: DescribeOptions = {},
): void {
  const declared = declaredBy(module, harness)
  const isDue = (id: GuaranteeId) => missing(guarantees[id], declared).length === 0
  const absent = guaranteeIds.filter((id) => !isDue(id))
  const title = absent.length === 0 ? '' : ` (declared absent: ${absent.join(', ')})`
  describe(`the ${module.name} transport${title}`, () => {
    for (const id of guaranteeIds) {
      const { property, tier: needed } = guarantees[id]
      if (!isDue(id) || tiers.indexOf(needed) > tiers.indexOf(tier)) continue
      it(`${id} ${property}`, async function () {
        // The case has a deadline of its own.
        this.timeout(0)
        await runCase(id, { module, harness, tier, seed })
      })
    }
  })
}
