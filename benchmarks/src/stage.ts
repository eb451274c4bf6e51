import type { Redis } from 'ioredis-6'
import type { Actor } from './processes/actor.ts'
import { subjectPerformer, type Performer } from './processes/performer.ts'
import type { Plan } from './plan.ts'
import type { Place, Subject } from './subject.ts'

export interface StageParts {
  readonly place: Place
  /** The parent's own client of that place. */
  readonly redis: Redis
  readonly plan: Plan
  /** Those that are compared in this run. */
  readonly subjects: readonly Subject[]
  /** Tells whoever waits what goes on. */
  readonly say: (line: string) => void
}

/** One subject's processes, which end together. */
export interface Cast extends AsyncDisposable {
  readonly subject: Subject
  /** Serves, or handles. */
  readonly receiving: Performer<Actor>
  /** Calls, or fires. Of a subject without a broker it is the same process. */
  readonly sending: Performer<Actor>
}

/** Where a case is performed, and by whom. */
export class Stage {
  readonly place: Place
  readonly redis: Redis
  readonly plan: Plan
  readonly subjects: readonly Subject[]
  readonly say: (line: string) => void

  constructor({ place, redis, plan, subjects, say }: StageParts) {
    this.place = place
    this.redis = redis
    this.plan = plan
    this.subjects = subjects
    this.say = say
  }

  /** The processes of a subject, with nothing started yet and nothing in Redis. */
  async cast(subject: Subject): Promise<Cast> {
    await this.redis.flushdb()
    const receiving = subjectPerformer(subject)
    const sending = subject.broker === 'none' ? receiving : subjectPerformer(subject)
    return {
      subject,
      receiving,
      sending,
      async [Symbol.asyncDispose]() {
        await Promise.all([receiving, sending].map((performer) => performer[Symbol.asyncDispose]()))
      },
    }
  }

  /** A server, and a caller that is connected to it, neither of them new any more. */
  calling(subject: Subject): Promise<Cast> {
    return this.#started(subject, async ({ receiving, sending }) => {
      await receiving.ask('serve', this.place)
      await sending.ask('connect', this.place)
      await sending.ask('call', { ms: this.plan.newMs, inFlight: 100, bytes: 100 })
    })
  }

  /** A firer, and somebody who listens unless that is for later. */
  firing(subject: Subject, concurrency?: number): Promise<Cast> {
    return this.#started(subject, async ({ receiving, sending }) => {
      if (concurrency !== undefined) await receiving.ask('listen', { place: this.place, concurrency })
      await sending.ask('firing', this.place)
    })
  }

  async #started(subject: Subject, start: (cast: Cast) => Promise<void>): Promise<Cast> {
    const cast = await this.cast(subject)
    try {
      await start(cast)
      return cast
    } catch (error) {
      await cast[Symbol.asyncDispose]()
      throw error
    }
  }
}
