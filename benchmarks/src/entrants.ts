import { isPython } from './is-python.ts'
import type { Entrant } from './rounds.ts'
import type { Stage } from './stage.ts'
import type { Subject } from './subject.ts'
import { labelOf } from './subjects.ts'

/** Lets each of these subjects take part in a case. */
export function entrantsOf(
  { plan }: Stage,
  subjects: readonly Subject[],
  play: (subject: Subject, ...about: Parameters<Entrant['play']>) => Promise<void>,
): readonly Entrant[] {
  return subjects.map((subject) => ({
    label: labelOf(subject),
    ...(isPython(subject) && { rounds: plan.pythonRounds }),
    play: (note, round) => play(subject, note, round),
  }))
}
