import type { TransportModule } from '@lightbus/core/transport'
import type { GuaranteeId } from '../src/index.ts'

/** The memory transport, wrong in one way. */
export interface Mutant {
  readonly name: string
  /** What is wrong, in one sentence. */
  readonly wrong: string
  readonly module: TransportModule
  /** The cases that should notice. Those that do are named in README.md. */
  readonly suspects: readonly GuaranteeId[]
}
