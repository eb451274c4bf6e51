import type { Log } from '@lightbus/core'

export interface LogLine {
  readonly level: keyof Log
  readonly facts: Readonly<Record<string, unknown>>
  readonly message: string
}

/** A log that keeps its lines. */
export class KeptLog implements Log {
  readonly lines: LogLine[] = []

  debug(facts: object, message: string): void {
    this.#keep('debug', facts, message)
  }

  info(facts: object, message: string): void {
    this.#keep('info', facts, message)
  }

  warn(facts: object, message: string): void {
    this.#keep('warn', facts, message)
  }

  error(facts: object, message: string): void {
    this.#keep('error', facts, message)
  }

  #keep(level: keyof Log, facts: object, message: string): void {
    this.lines.push({ level, facts: { ...facts }, message })
  }
}
