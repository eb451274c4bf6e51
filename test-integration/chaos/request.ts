import { parseArgs } from 'node:util'
import { serverNames } from './broker.ts'
import { siteNames } from './faults.ts'
import type { RunRequest } from './run.ts'

export const usage = `Say how long and which faults: npm run chaos -- --minutes 1 --seed 1 [--site ${siteNames.join('|')}] [--server ${serverNames.join('|')}] [--keep]`

/** What the arguments of the command ask for; undefined where they make no sense. */
export function requestOf(args: readonly string[], say: (line: string) => void): RunRequest | undefined {
  const values = valuesOf(args)
  if (!values) return undefined
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
  const chosen = siteNames.filter((name) => values.site === undefined || name === values.site)
  const { server, keep } = values
  const isSense = minutes > 0 && Number.isInteger(seed) && chosen.length > 0 && serverNames.includes(server)
  return isSense ? { minutes, seed, server, sites: chosen, keep, say } : undefined
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
