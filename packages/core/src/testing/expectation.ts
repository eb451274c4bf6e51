import { AssertionError } from 'node:assert'
import { inspect, isDeepStrictEqual } from 'node:util'
import { toPlain, type Headers, type PlainValue } from '../messages/plain-values.ts'
import type { Sighting } from './sighting.ts'
import type { Part } from './test-paths.ts'

/** What is expected of the messages of one path. What does not hold throws an AssertionError that shows what happened instead. */
export interface MessageExpectation<P> {
  /** There is exactly one. */
  once(): this
  /** There are exactly so many. */
  times(count: number): this
  /** There is none. */
  never(): void
  /** At least one has these parameters, and maybe others; what follows is about those that have. */
  with(parameters: Part<P>): MessageExpectation<P>
  /** The same with headers. */
  withHeaders(headers: Headers): MessageExpectation<P>
}

/** What is expected of the events that a listener has handled. */
export interface HandlingExpectation extends MessageExpectation<object> {
  with(parameters: object): HandlingExpectation
  withHeaders(headers: Headers): HandlingExpectation
  /** At least one was handled at this attempt: 1 is the first. */
  onAttempt(attempt: number): HandlingExpectation
}

/** What is expected of the events that were given up. */
export interface DeadLetterExpectation {
  none(): void
  once(): this
  times(count: number): this
  with(parameters: object): DeadLetterExpectation
  /** At least one is of this listener. */
  of(listenerName: string): DeadLetterExpectation
  /** At least one was given up for an error of this code or class. */
  because(code: string): DeadLetterExpectation
}

/** What the expectation is about, in words for its messages. */
export interface Subject {
  /** `shop.order_placed to have been fired`, to which `once` and the like are added. */
  readonly expected: string
  /** `was fired`, to which `twice` and the like are added. */
  readonly happened: string
  /** What happened of the kind at all. */
  readonly all: readonly Sighting[]
}

/** Some of what was seen, and what is expected of it. */
export class Expectation implements MessageExpectation<object>, HandlingExpectation, DeadLetterExpectation {
  readonly #subject: Subject
  readonly #seen: readonly Sighting[]

  constructor(subject: Subject, seen: readonly Sighting[]) {
    this.#subject = subject
    this.#seen = seen
  }

  once(): this {
    return this.#count(1, this.once)
  }

  times(count: number): this {
    return this.#count(count, this.times)
  }

  never(): void {
    this.#count(0, this.never)
  }

  none(): void {
    this.#count(0, this.none)
  }

  with(parameters: object): Expectation {
    const wanted = toPlain(parameters)
    return this.#only({
      what: `with ${shown(wanted)}`,
      isWanted: (one) => contains(one.parameters, wanted),
      difference: { expected: wanted, actual: (one) => one.parameters },
      by: this.with,
    })
  }

  withHeaders(headers: Headers): Expectation {
    return this.#only({
      what: `with the headers ${shown(headers)}`,
      isWanted: (one) => contains(one.headers, headers),
      difference: { expected: headers, actual: (one) => one.headers },
      by: this.withHeaders,
    })
  }

  onAttempt(attempt: number): Expectation {
    return this.#only({
      what: `at attempt ${attempt}`,
      isWanted: (one) => one.attempt === attempt,
      difference: { expected: attempt, actual: (one) => one.attempt },
      by: this.onAttempt,
    })
  }

  of(listenerName: string): Expectation {
    return this.#only({
      what: `of the listener "${listenerName}"`,
      isWanted: (one) => one.listenerName === listenerName,
      difference: { expected: listenerName, actual: (one) => one.listenerName },
      by: this.of,
    })
  }

  because(code: string): Expectation {
    return this.#only({
      what: `because of ${code}`,
      isWanted: (one) => one.code === code,
      difference: { expected: code, actual: (one) => one.code },
      by: this.because,
    })
  }

  #count(wanted: number, by: Function): this {
    const actual = this.#seen.length
    if (actual === wanted) return this
    throw this.#failure(timesOf(wanted), { actual, expected: wanted, by })
  }

  #only({ what, isWanted, difference, by }: Narrowing): Expectation {
    const { expected, happened, all } = this.#subject
    const left = this.#seen.filter(isWanted)
    if (left.length > 0)
      return new Expectation({ expected: `${expected} ${what}`, happened: `${happened} ${what}`, all }, left)
    const found = this.#seen.map(difference.actual)
    const actual = found.length === 1 ? found[0] : found
    throw this.#failure(what, { actual, expected: difference.expected, by })
  }

  #failure(
    what: string,
    { by, ...difference }: { readonly actual: unknown; readonly expected: unknown; readonly by: Function },
  ): AssertionError {
    const { expected, happened, all } = this.#subject
    const count = this.#seen.length
    const instead = count === 0 ? listed('. What happened instead', all) : listed('', this.#seen)
    return new AssertionError({
      message: `Expected ${expected} ${what}, but it ${happened} ${timesOf(count)}${instead}`,
      operator: 'testBus',
      stackStartFn: by,
      ...difference,
    })
  }
}

interface Narrowing {
  readonly what: string
  readonly isWanted: (one: Sighting) => boolean
  readonly difference: { readonly expected: unknown; readonly actual: (one: Sighting) => unknown }
  readonly by: Function
}

const mostLines = 10

function listed(title: string, seen: readonly Sighting[]): string {
  if (seen.length === 0) return '. Nothing of the kind happened.'
  const more = seen.length > mostLines ? [`... and ${seen.length - mostLines} more`] : []
  const lines = [...seen.slice(0, mostLines).map(line), ...more]
  return `${title}:${lines.map((text) => `\n  - ${text}`).join('')}`
}

function line({ path, parameters, listenerName, attempt, code, message }: Sighting): string {
  const by = listenerName === undefined ? '' : ` by "${listenerName}" at attempt ${attempt}`
  const why = code === undefined ? '' : `: ${code}: ${message}`
  return `${path} ${shown(parameters)}${by}${why}`
}

function shown(value: PlainValue): string {
  return inspect(value, {
    depth: 4,
    compact: true,
    breakLength: Infinity,
    maxArrayLength: 10,
    maxStringLength: 200,
  })
}

function timesOf(count: number): string {
  if (count === 0) return 'never'
  return count === 1 ? 'once' : `${count} times`
}

/** Whether all that is wanted is there: of objects at any depth the wanted members, of all else the whole. */
function contains(actual: PlainValue | undefined, wanted: PlainValue): boolean {
  if (!isRecord(wanted)) return isDeepStrictEqual(actual, wanted)
  if (!isRecord(actual)) return false
  return Object.entries(wanted).every(([name, value]) => contains(actual[name], value))
}

function isRecord(value: PlainValue | undefined): value is { readonly [name: string]: PlainValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
