import type { Command } from './monitor.ts'

/** How much is asked of the server at once. */
export interface Bounds {
  /** The most entries that one command names or asks for. */
  readonly entries: number
  /** The most commands that one script gives. */
  readonly inScript: number
  /** Those whose work grows with what is there, and nothing limits it. */
  readonly unbounded: readonly string[]
}

export function boundsOf(commands: readonly Command[]): Bounds {
  const unbounded = new Set<string>()
  let entries = 0
  let inScript = 0
  let soFar = 0
  for (const { words, isInScript } of commands) {
    soFar = isInScript ? soFar + 1 : 0
    inScript = Math.max(inScript, soFar)
    const asked = askedBy(words)
    if (asked === Infinity) unbounded.add(words.slice(0, 2).join(' '))
    else entries = Math.max(entries, asked)
  }
  return { entries, inScript, unbounded: [...unbounded] }
}

/** Where a command may name many: behind how many words they begin. */
const named: Readonly<Record<string, number>> = { xclaim: 5, xack: 3, xdel: 2, hdel: 2, zrem: 2, del: 1 }

const endless = new Set(['keys', 'smembers', 'hkeys', 'hvals', 'lrange', 'zremrangebyscore', 'hscan'])

function askedBy([name = '', ...rest]: readonly string[]): number {
  const command = name.toLowerCase()
  const words = rest.map((word) => word.toLowerCase())
  const after = (word: string) => Number(words[words.indexOf(word) + 1])
  if (growsWithProcesses(command, words)) return 0
  if (endless.has(command)) return Infinity
  if (named[command] !== undefined) return words.slice(named[command] - 1).filter(isId).length
  if (command === 'xpending') return words.length < 3 ? 0 : Number(words[4])
  if (['xrange', 'xrevrange'].includes(command))
    return words.includes('count') ? after('count') : words[1] === words[2] ? 1 : Infinity
  if (['zrangebyscore', 'zrangebylex'].includes(command))
    return words.includes('limit') ? Number(words[words.indexOf('limit') + 2]) : Infinity
  if (command === 'zrange') return Number(words[2]) - Number(words[1]) + 1
  if (['xread', 'xreadgroup'].includes(command)) return words.includes('count') ? after('count') : 0
  return 0
}

// And with APIs, of which there are as many as somebody has written down; not with what happens.
function growsWithProcesses(command: string, [key = '']: readonly string[]): boolean {
  return command === 'xinfo' || key === 'schemas' || key.endsWith(':alive')
}

function isId(word: string): boolean {
  return /^\d+-\d+$/.test(word)
}
