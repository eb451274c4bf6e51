import { createRequire } from 'node:module'
import type { Log } from '@lightbus/core'

/** A line as pino writes it. */
export type Line = Readonly<Record<string, unknown>> & { readonly level: number; readonly msg: string }

const requireFromCore = createRequire(new URL('../../../packages/core/package.json', import.meta.url))
const pino = requireFromCore('pino') as (options: object, stream: { write(line: string): void }) => Log

/** A logger of pino's that keeps what it writes at info and above. */
export function pinoLines(): { readonly log: Log; readonly lines: Line[]; readonly texts: string[] } {
  const texts: string[] = []
  const lines: Line[] = []
  const write = (text: string): void => {
    texts.push(text)
    lines.push(JSON.parse(text) as Line)
  }
  return { log: pino({ level: 'info' }, { write }), lines, texts }
}
