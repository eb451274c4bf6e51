import { Queue, QueueEvents, Worker, type DefaultJobOptions } from 'bullmq'
import type { Payload, Place, Started, Subject } from '../subject.ts'

interface Settings {
  readonly inWords: string
  readonly events: DefaultJobOptions
  readonly calls: DefaultJobOptions
  readonly callTimeoutMs?: number
}

// Whoever waits for a job looks whether it has finished already, and fails where it is removed by then: some are kept.
const keptForCallers = 1_000
const retries: DefaultJobOptions = {
  attempts: 3,
  backoff: { type: 'exponential', delay: 1_000 },
  removeOnComplete: 1_000,
  removeOnFail: 5_000,
}

const settings: Readonly<Record<Subject['variant'], Settings>> = {
  speed: {
    inWords:
      'jobs removed as soon as they are done (of calls the last 1,000 kept, as waiting for them needs), one attempt; no validation, it has none',
    events: { removeOnComplete: true, removeOnFail: true },
    calls: { removeOnComplete: keptForCallers, removeOnFail: keptForCallers },
  },
  safety: {
    inWords:
      'three attempts with exponential backoff, the last 1,000 completed and 5,000 failed jobs kept, calls with a timeout; no validation, it has none',
    events: retries,
    calls: retries,
    callTimeoutMs: 60_000,
  },
}

// What a process may have under way for others; its documentation has no number, its author has named up to 300.
const servingConcurrency = 100

function bullmq(variant: Subject['variant']): Subject {
  const { inWords, events, calls, callTimeoutMs } = settings[variant]
  return {
    name: 'BullMQ',
    variant,
    settings: inWords,
    broker: 'redis',
    calls: {
      serve: (place) => working(place, 'calls', servingConcurrency, (sent) => sent),
      async connect(place) {
        const queue = await adding(place, 'calls', calls)
        const ends = new QueueEvents('calls', { connection: patient(place) }).on('error', console.error)
        await ends.waitUntilReady()
        // Each job that is waited for listens to both.
        for (const part of [queue, ends]) part.setMaxListeners(0)
        return {
          async call(payload) {
            const job = await queue.add('echo', payload)
            return job.waitUntilFinished(ends, callTimeoutMs)
          },
          stop: async () => void (await Promise.all([ends.close(), queue.close()])),
        }
      },
    },
    events: {
      isDurable: true,
      async firing(place) {
        const queue = await adding(place, 'events', events)
        return {
          fire: (payload) => queue.add('happened', payload),
          fireMany: (payloads) => queue.addBulk(payloads.map((data) => ({ name: 'happened', data }))),
          stop: () => queue.close(),
        }
      },
      handling: (place, { concurrency, handled }) => working(place, 'events', concurrency, handled),
    },
  }
}

async function adding({ url }: Place, name: string, defaultJobOptions: DefaultJobOptions) {
  const queue = new Queue<Payload, Payload>(name, { connection: { url }, defaultJobOptions })
  await queue.on('error', console.error).waitUntilReady()
  return queue
}

async function working(
  place: Place,
  queue: string,
  concurrency: number,
  work: (sent: Payload) => unknown,
): Promise<Started> {
  const options = { concurrency, connection: patient(place) }
  const worker = new Worker<Payload>(queue, async ({ data }) => work(data), options)
  await worker.on('error', console.error).waitUntilReady()
  return { stop: () => worker.close() }
}

/** A blocked connection outlives an interruption only with this setting. */
function patient({ url }: Place) {
  return { url, maxRetriesPerRequest: null }
}

export const bullmqSubjects: readonly Subject[] = [bullmq('safety'), bullmq('speed')]
