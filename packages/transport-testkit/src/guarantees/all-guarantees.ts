import { adversity } from './adversity.ts'
import { events } from './events.ts'
import type { Guarantee } from './guarantee.ts'
import { keeping } from './keeping.ts'
import { lifecycle } from './lifecycle.ts'
import { results, schemas } from './results-and-schemas.ts'
import { rpcs } from './rpcs.ts'

const all = {
  ...lifecycle,
  ...events,
  ...adversity,
  ...keeping,
  ...rpcs,
  ...results,
  ...schemas,
}

export type GuaranteeId = keyof typeof all

/** Every guarantee by its number. */
export const guarantees: Readonly<Record<GuaranteeId, Guarantee>> = all

/** The numbers, in their order. */
export const guaranteeIds = Object.keys(all) as readonly GuaranteeId[]
