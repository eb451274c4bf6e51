import type { Measurement } from './measurement.ts'
import type { Stage } from './stage.ts'

/** Something that is measured, of one subject or of several. */
export interface Case {
  /** As the command line has it. */
  readonly name: string
  readonly title: string
  run(stage: Stage): Promise<readonly Measurement[]>
}
