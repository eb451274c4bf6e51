import type { Subject } from './subject.ts'
import { bullmqSubjects } from './subjects/bullmq.ts'
import { lightbusSubjects } from './subjects/lightbus.ts'
import { moleculerChannelsSubject } from './subjects/moleculer-channels.ts'
import { moleculerSubjects } from './subjects/moleculer.ts'
import { nestSubjects } from './subjects/nest.ts'
import { plainSubject } from './subjects/plain.ts'
import { pythonLightbusSubject } from './subjects/python-lightbus.ts'

/** Everything that is compared, ours first. */
export const subjects: readonly Subject[] = [
  ...lightbusSubjects,
  plainSubject,
  ...bullmqSubjects,
  ...nestSubjects,
  ...moleculerSubjects,
  moleculerChannelsSubject,
  pythonLightbusSubject,
]

/** How a subject is told from the others. */
export function labelOf({ name, variant }: Pick<Subject, 'name' | 'variant'>): string {
  return `${name} (${variant})`
}
