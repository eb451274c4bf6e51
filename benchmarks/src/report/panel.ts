import type { Measurement } from '../measurement.ts'

/** Measurements that are drawn together. */
export interface Panel {
  readonly title: string
  readonly measurements: readonly Measurement[]
}
