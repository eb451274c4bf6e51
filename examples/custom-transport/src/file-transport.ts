import { accessSync, constants, mkdirSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { transportClosed, transportRefused, transportUnavailable } from '@lightbus/core/transport'
import type { Health, TransportContext } from '@lightbus/core/transport'
import { closeJournal, openJournal, type Journal } from './journal.ts'

/** What both transports have in common: a directory that is open or not. */
export class FileTransport {
  readonly name = 'files'
  readonly address: string
  protected readonly context: TransportContext
  readonly #directory: string
  #journal: Journal | undefined

  constructor(directory: string, context: TransportContext) {
    this.address = pathToFileURL(directory).href
    this.context = context
    this.#directory = directory
  }

  async open(): Promise<void> {
    attempt(this.address, () => mkdirSync(this.#directory, { recursive: true }))
    attempt(this.address, () => accessSync(this.#directory, constants.W_OK))
    this.#journal ??= openJournal(this.#directory)
  }

  async health(): Promise<Health> {
    try {
      this.use(({ directory }) => accessSync(directory, constants.W_OK))
      return { isUp: true }
    } catch (error) {
      return { isUp: false, why: (error as Error).message }
    }
  }

  async close(): Promise<void> {
    if (this.#journal) closeJournal(this.#journal)
    this.#journal = undefined
  }

  /** Acts on what is open. */
  protected use<T>(act: (journal: Journal) => T): T {
    const journal = this.#journal
    if (!journal) throw transportClosed({ transport: this.name })
    return attempt(this.address, () => act(journal))
  }
}

// A full disk may get room; these stay as they are, and so does what is no trouble with a file.
const lasting = [undefined, 'EACCES', 'EPERM', 'EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG']

/** Lets troubles with files be errors of the bus. */
export function attempt<T>(address: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    const { code, message: why } = error as NodeJS.ErrnoException
    const facts = { transport: 'files', address, why }
    throw lasting.includes(code) ? transportRefused(facts, error) : transportUnavailable(facts, error)
  }
}
