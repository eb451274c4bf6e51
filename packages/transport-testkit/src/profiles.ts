import type { Conformance, Row } from './conformance.ts'
import { guarantees } from './guarantees/all-guarantees.ts'

interface Profile {
  readonly meaning: string
  /** Whether a guarantee is part of it. */
  readonly has: (row: Row) => boolean
}

/** What a transport may call itself, and the guarantees that it has to have shown for it. */
export const profiles = {
  Core: {
    meaning: 'keeps what every transport keeps, of the kinds of message that it carries',
    has: (row) => guarantees[row.id].needs.every(isKind) && !isOfOtherKind(row),
  },
  Durable: {
    meaning: 'loses no event with any process, and keeps those that were given up',
    has: ({ id }) => /^E(6|9|20|24|28|30|40|41|42|43)$/.test(id),
  },
  Ordered: {
    meaning: 'keeps the order of the events of a key, over retries and restarts',
    has: ({ id }) => /^E5[0-3]$/.test(id),
  },
  Reliable: {
    meaning: 'gets over crashes and every fault of its broker',
    has: (row) => /^(E2[29]|E3[1-5]|E4\d|E6\d|R16|R17|R2[123]|S9|C10)$/.test(row.id) && !isOfOtherKind(row),
  },
} as const satisfies Readonly<Record<string, Profile>>

export type ProfileName = keyof typeof profiles

/** The profiles that a transport may claim after this run: those of which every guarantee has passed. */
export function claimed({ rows }: Conformance): readonly ProfileName[] {
  const names = Object.keys(profiles) as ProfileName[]
  return names.filter((name) => {
    const belonging = rows.filter(profiles[name].has)
    return belonging.length > 0 && belonging.every(({ outcome }) => outcome === 'passed')
  })
}

// Of a kind of message that the transport does not carry at all.
function isOfOtherKind(row: Row): boolean {
  return row.outcome === 'absent' && row.missing.some(isKind)
}

function isKind(need: string): boolean {
  return !need.includes('.')
}
