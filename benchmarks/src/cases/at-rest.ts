import { isPython } from '../is-python.ts'
import { oneOfEach } from '../one-of-each.ts'
import type { Stage } from '../stage.ts'
import type { Subject } from '../subject.ts'

/** Whose processes cost something at rest. The variants do not differ in it, and Python would be several processes. */
export function atRest({ subjects }: Stage): readonly Subject[] {
  return oneOfEach(subjects.filter((subject) => subject.broker === 'redis' && !isPython(subject)))
}
