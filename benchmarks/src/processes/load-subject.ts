import type { Subject } from '../subject.ts'

// Each process loads only what it is measured with: what others need would count for its start and on its heap.
const homes: Readonly<Record<string, () => Promise<readonly Subject[]>>> = {
  Lightbus: lightbus,
  'Lightbus, in memory': lightbus,
  'plain ioredis': async () => [(await import('../subjects/plain.ts')).plainSubject],
  BullMQ: async () => (await import('../subjects/bullmq.ts')).bullmqSubjects,
  'NestJS microservices': async () => (await import('../subjects/nest.ts')).nestSubjects,
  Moleculer: async () => (await import('../subjects/moleculer.ts')).moleculerSubjects,
  'Moleculer channels': async () => [
    (await import('../subjects/moleculer-channels.ts')).moleculerChannelsSubject,
  ],
  'Python Lightbus': async () => [(await import('../subjects/python-lightbus.ts')).pythonLightbusSubject],
}

async function lightbus(): Promise<readonly Subject[]> {
  return (await import('../subjects/lightbus.ts')).lightbusSubjects
}

/** The one subject of this name and variant, and nothing of the others. */
export async function loadSubject(name: string, variant: string): Promise<Subject> {
  const found = (await homes[name]?.())?.find((one) => one.name === name && one.variant === variant)
  if (!found) throw new Error(`There is no subject "${name} (${variant})".`)
  return found
}
