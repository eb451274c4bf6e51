import { appendFileSync, closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What a process of the run has done, or is about to do. Events are named by their ids, calls by numbers of the run's own. */
export type Entry =
  | { readonly act: 'firing'; readonly event: string }
  | { readonly act: 'accepted'; readonly event: string; readonly tookMs: number }
  /** Rejected: the broker may have the event all the same. */
  | { readonly act: 'unsure'; readonly event: string; readonly code: string; readonly tookMs: number }
  | {
      readonly act: 'handling' | 'handled' | 'failed'
      readonly event: string
      readonly group: string
      readonly attempt: number
    }
  | { readonly act: 'dead'; readonly event: string; readonly group: string }
  | { readonly act: 'calling' | 'executing' | 'executed'; readonly call: string }
  | { readonly act: 'answered'; readonly call: string; readonly tookMs: number }
  /** `code` is undefined when the error was none of the bus. */
  | {
      readonly act: 'refused'
      readonly call: string
      readonly code: string | undefined
      readonly why: string
      readonly tookMs: number
    }

/** The ledger of one process: a file that only grows, with a line for each act, written before the next act begins. */
export class LedgerWriter {
  readonly #file: number

  constructor(folder: string, processName: string) {
    this.#file = openSync(join(folder, `${processName}.${process.pid}.jsonl`), 'a')
  }

  write(entry: Entry): void {
    appendFileSync(this.#file, `${JSON.stringify({ at: Date.now(), ...entry })}\n`)
  }
}

/** Reads the ledgers of all processes while they grow. */
export class LedgerReader {
  readonly #folder: string
  readonly #readBytes = new Map<string, number>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** What was written since the last time. */
  readNew(): readonly Entry[] {
    return readdirSync(this.#folder).flatMap((name) => this.#readNewOf(join(this.#folder, name)))
  }

  // A line that is not finished yet is read the next time.
  #readNewOf(path: string): readonly Entry[] {
    const from = this.#readBytes.get(path) ?? 0
    const bytes = bytesFrom(path, from)
    const whole = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1)
    this.#readBytes.set(path, from + whole.length)
    const lines = whole.toString().split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line) as Entry)
  }
}

function bytesFrom(path: string, from: number): Buffer {
  const bytes = Buffer.alloc(statSync(path).size - from)
  const file = openSync(path, 'r')
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from))
  } finally {
    closeSync(file)
  }
}
