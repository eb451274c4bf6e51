import type { GuaranteeId } from '../guarantees/all-guarantees.ts'
import type { Stage } from '../stage.ts'

/** Shows that a guarantee holds, by rejecting when it does not. */
export type Case = (stage: Stage) => Promise<void>

/** The cases of some guarantees, by number. */
export type Cases = Readonly<Partial<Record<GuaranteeId, Case>>>
