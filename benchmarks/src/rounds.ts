import type { Measurement, Unit } from './measurement.ts'
import type { Stage } from './stage.ts'

/** Writes down one round's value of a figure. */
export type Note = (figure: string, unit: Unit, value: number, at?: Measurement['at']) => void

/** Who takes part in a case: a subject, or a size of something that grows. */
export interface Entrant {
  readonly label: string
  /** What else to tell of, where several have the same label. */
  readonly about?: string
  /** Whether it takes part only in so many of the rounds. */
  readonly rounds?: number
  /** Measures all of it once, and tells of each figure as soon as it has it. */
  play(note: Note, round: number): Promise<void>
}

/**
 * Lets everybody have a turn in each round, so that what changes on the machine changes for all. Who fails is out: what it had done until
 * then counts, and why it failed is told.
 */
export async function inRounds(
  stage: Pick<Stage, 'plan' | 'say'>,
  name: string,
  entrants: readonly Entrant[],
  rounds = stage.plan.rounds,
): Promise<readonly Measurement[]> {
  const figures = new Map<string, Measurement & { readonly rounds: number[] }>()
  const out = new Set<Entrant>()
  for (let round = 1; round <= rounds; round += 1)
    for (const entrant of entrants) {
      const { label, about, rounds: most = rounds } = entrant
      if (out.has(entrant) || round > most) continue
      const who = about === undefined ? label : `${label}, ${about}`
      stage.say(`${name}, round ${round} of ${rounds}: ${who}`)
      const note: Note = (figure, unit, value, at = {}) => {
        const key = JSON.stringify([label, figure, at])
        const seen = figures.get(key) ?? { case: name, subject: label, at, figure, unit, rounds: [] }
        seen.rounds.push(value)
        figures.set(key, seen)
      }
      try {
        await entrant.play(note, round)
      } catch (error) {
        out.add(entrant)
        stage.say(`FAILED in ${name}: ${who}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  return [...figures.values()]
}
