import type { Entry } from './ledger.ts'

/** What a run comes to. Events are counted once for each group that is to handle them, where it says so. */
export interface Sums {
  /** Events whose fire resolved in the end. */
  readonly fired: number
  /** Of these, the events of which a fire rejected first. */
  readonly unsureAtFirst: number
  /** Events whose fire never resolved: they may have arrived or not. */
  readonly neverAccepted: number
  /** Fired events, for each group. */
  readonly due: number
  /** For each group: handled at least once. */
  readonly handled: number
  /** For each group: handled more than once. */
  readonly duplicated: number
  /** For each group: kept as dead letters, and never handled. */
  readonly deadLettered: number
  /** For each group: fired, and neither handled nor kept as dead letters. */
  readonly lost: readonly string[]
  readonly longestFireMs: number
  readonly calls: number
  readonly executed: number
  readonly executedTwice: readonly string[]
  readonly answered: number
  /** How many calls failed, by the code of the error. */
  readonly refused: Readonly<Record<string, number>>
  /** Calls with neither an answer nor an error of the bus. */
  readonly unanswered: readonly string[]
  /** Calls that were executed although their error says that they were not. */
  readonly executedThoughDenied: readonly string[]
  readonly longestCallMs: number
}

interface EventAccount {
  isAccepted: boolean
  wasUnsure: boolean
  readonly handled: Map<string, number>
  readonly dead: Set<string>
}

interface CallAccount {
  isSent: boolean
  executions: number
  isAnswered: boolean
  code: string | undefined
}

// The errors that promise that the call was not executed. A call that is busy may be the repetition of one that was.
const denials = ['BUS_RPC_INVALID_PARAMETERS', 'BUS_RPC_UNKNOWN_PROCEDURE']

/** Takes the entries of all ledgers, in any order, and says what became of every event and call. */
export class Reconciliation {
  readonly #groups: readonly string[]
  readonly #events = new Map<string, EventAccount>()
  readonly #calls = new Map<string, CallAccount>()
  #longestFireMs = 0
  #longestCallMs = 0

  constructor(groups: readonly string[]) {
    this.#groups = groups
  }

  add(entry: Entry): void {
    if ('event' in entry) this.#addToEvent(entry)
    else this.#addToCall(entry)
  }

  sums(): Sums {
    return { ...this.#eventSums(), ...this.#callSums() }
  }

  #addToEvent(entry: Extract<Entry, { event: string }>): void {
    const account = this.#event(entry.event)
    if (entry.act === 'accepted') account.isAccepted = true
    if (entry.act === 'unsure') account.wasUnsure = true
    if (entry.act === 'handled') account.handled.set(entry.group, (account.handled.get(entry.group) ?? 0) + 1)
    if (entry.act === 'dead') account.dead.add(entry.group)
    if ('tookMs' in entry) this.#longestFireMs = Math.max(this.#longestFireMs, entry.tookMs)
  }

  #addToCall(entry: Extract<Entry, { call: string }>): void {
    const account = this.#call(entry.call)
    if (entry.act === 'calling') account.isSent = true
    if (entry.act === 'executing') account.executions += 1
    if (entry.act === 'answered') account.isAnswered = true
    if (entry.act === 'refused') account.code = entry.code
    if ('tookMs' in entry) this.#longestCallMs = Math.max(this.#longestCallMs, entry.tookMs)
  }

  #event(id: string): EventAccount {
    const account = this.#events.get(id) ?? {
      isAccepted: false,
      wasUnsure: false,
      handled: new Map<string, number>(),
      dead: new Set<string>(),
    }
    this.#events.set(id, account)
    return account
  }

  #call(id: string): CallAccount {
    const account = this.#calls.get(id) ?? {
      isSent: false,
      executions: 0,
      isAnswered: false,
      code: undefined,
    }
    this.#calls.set(id, account)
    return account
  }

  #eventSums() {
    const all = [...this.#events]
    const fired = all.filter(([, { isAccepted }]) => isAccepted)
    const due = fired.flatMap(([id, { handled, dead }]) =>
      this.#groups.map((group) => ({
        name: `${id} for ${group}`,
        times: handled.get(group) ?? 0,
        isDead: dead.has(group),
      })),
    )
    return {
      fired: fired.length,
      unsureAtFirst: fired.filter(([, { wasUnsure }]) => wasUnsure).length,
      neverAccepted: all.length - fired.length,
      due: due.length,
      handled: due.filter(({ times }) => times > 0).length,
      duplicated: due.filter(({ times }) => times > 1).length,
      deadLettered: due.filter(({ times, isDead }) => isDead && times === 0).length,
      lost: due.filter(({ times, isDead }) => !isDead && times === 0).map(({ name }) => name),
      longestFireMs: this.#longestFireMs,
    }
  }

  #callSums() {
    const all = [...this.#calls]
    const named = (which: (account: CallAccount) => boolean): readonly string[] =>
      all.filter(([, account]) => which(account)).map(([id]) => id)
    const refused: Record<string, number> = {}
    for (const [, { code }] of all) if (code !== undefined) refused[code] = (refused[code] ?? 0) + 1
    return {
      calls: named(({ isSent }) => isSent).length,
      executed: named(({ executions }) => executions > 0).length,
      executedTwice: named(({ executions }) => executions > 1),
      answered: named(({ isAnswered }) => isAnswered).length,
      refused,
      unanswered: named(({ isAnswered, code }) => !isAnswered && code === undefined),
      executedThoughDenied: named(
        ({ executions, code }) => code !== undefined && denials.includes(code) && executions > 0,
      ),
      longestCallMs: this.#longestCallMs,
    }
  }
}
