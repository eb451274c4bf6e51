import { Queue, QueueEvents, Worker, type DefaultJobOptions, type WorkerOptions } from 'bullmq'
import type { Payload, Place, Started, Subject } from '../subject.ts'

interface Settings {
  readonly inWords: string
  readonly events: DefaultJobOptions
  readonly calls: DefaultJobOptions
  readonly worker: Omit<WorkerOptions, 'connection'>
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
      'jobs removed when done (of calls the last 1,000 kept, which waiting needs), one attempt, no renewal of locks and no check for stalled jobs; no validation, it has none',
    events: { removeOnComplete: true, removeOnFail: true },
    calls: { removeOnComplete: keptForCallers, removeOnFail: keptForCallers },
    worker: { skipStalledCheck: true, skipLockRenewal: true },
  },
  safety: {
    inWords:
      'three attempts with exponential backoff, the last 1,000 completed and 5,000 failed jobs kept, locks renewed and stalled jobs looked for, calls with a timeout; no validation, it has none',
    events: retries,
    calls: retries,
    worker: {},
    callTimeoutMs: 60_000,
  },
}

// What a process may have under way for others; its documentation has no number, its author has named up to 300.
const servingConcurrency = 100

function bullmq(variant: Subject['variant']): Subject {
  const { inWords, events, calls, worker, callTimeoutMs } = settings[variant]
  const working = async (place: Place, queue: string, concurrency: number, work: (sent: Payload) => unknown) => {
    const options = { ...worker, concurrency, connection: patient(place) }
    const working = new Worker(queue, async ({ data }: { data: Payload }) => work(data), options)
    await working.on('error', console.error).waitUntilReady()
    return { stop: () => working.close() }
  }
  const adding = async ({ url }: Place, name: string, defaultJobOptions: DefaultJobOptions) => {
    const queue = new Queue<Payload, Payload>(name, { connection: { url }, defaultJobOptions })
    await queue.on('error', console.error).waitUntilReady()
    return queue
  }
  return {
    name: 'BullMQ',
    variant,
    settings: inWords,
    broker: 'redis',
    calls: {
      serve: (place) => working(place, 'calls', servingConcurrency, (sent) => sent),
      async connect(place) {
        const queue = await adding(place, 'calls', calls)
        // Each job that is waited for listens to both.
        const ends = new QueueEvents('calls', { connection: patient(place) }).setMaxListeners(0)
        queue.setMaxListeners(0)
        await ends.on('error', console.error).waitUntilReady()
        return {
          async call(payload) {
            const job = await queue.add('echo', payload)
            return job.waitUntilFinished(ends, callTimeoutMs)
          },
          stop: () => stopping([ends, queue]),
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
          stop: () => stopping([queue]),
        }
      },
      handling: (place, { concurrency, handled }): Promise<Started> =>
        working(place, 'events', concurrency, handled),
    },
  }
}

/** A blocked connection outlives an interruption only with this setting. */
function patient({ url }: Place) {
  return { url, maxRetriesPerRequest: null }
}

async function stopping(parts: readonly { close(): Promise<void> }[]): Promise<void> {
  await Promise.all(parts.map((part) => part.close()))
}

export const bullmqSubjects: readonly Subject[] = [bullmq('safety'), bullmq('speed')]
