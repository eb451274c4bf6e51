import { parseArgs } from 'node:util'
import { siteNames } from './faults.ts'
import type { RunRequest } from './run.ts'

export const usage =
  'Say how long and which faults: npm run chaos -- --minutes 1 --seed 1 [--site server|sentinel] [--server distribution] [--keep]'

/** What the arguments of the command ask for; undefined where they make no sense. */
export function requestOf(args: readonly string[], say: (line: string) => void): RunRequest | undefined {
  const values = valuesOf(args)
  if (!values) return undefined
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
  const chosen = siteNames.filter((name) => values.site === undefined || name === values.site)
  if (!(minutes > 0) || !Number.isInteger(seed) || chosen.length === 0) return undefined
  return { minutes, seed, server: values.server, sites: chosen, keep: values.keep, say }
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '1' },
        seed: { type: 'string', default: '1' },
        site: { type: 'string' },
        server: { type: 'string', default: 'distribution' },
        keep: { type: 'boolean', default: false },
      },
    }).values
  } catch {
    return undefined
  }
}
