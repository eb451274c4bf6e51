import type { Section } from './figures.ts'
import type { ServerWatch } from './server-watch.ts'
import type { Plan } from './sizes.ts'

/** What a measurement works with. */
export interface ScaleParts<Name extends string> {
  readonly section: Section<Name>
  readonly watch: ServerWatch
  readonly plan: Plan
  readonly url: string
  readonly say: (line: string) => void
}
