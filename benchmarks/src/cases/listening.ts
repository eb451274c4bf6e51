import { oneOfEach } from '../one-of-each.ts'
import type { Subject } from '../subject.ts'

/** Who takes part with events. Where those are not kept, the variants differ by little but validation: the faster one will do. */
export function listening(subjects: readonly Subject[]): readonly Subject[] {
  const keeping = subjects.filter(({ events }) => events?.isDurable)
  const passing = subjects.filter(({ events }) => events && !events.isDurable)
  return [...keeping, ...oneOfEach(passing, 'speed')]
}
