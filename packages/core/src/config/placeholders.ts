import { randomInt } from 'node:crypto'
import { hostname } from 'node:os'
import { humanId } from 'human-id'
import { nearest } from '../util/nearest.ts'

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

function random(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

const placeholders: ReadonlyMap<string, () => string> = new Map([
  ['hostname', () => hostname().toLowerCase()],
  ['pid', () => String(process.pid)],
  ['random4', () => random(4)],
  ['random8', () => random(8)],
  ['random16', () => random(16)],
  ['friendly', () => humanId({ separator: '-', capitalize: false })],
])

/**
 * Replaces the placeholders in the name of a service or process: `{hostname}`, `{pid}`, `{random4}`, `{random8}`,
 * `{random16}`, `{friendly}`. Unknown ones stay and are told to `report`, since a name meant to be unique would not be.
 */
export function fillPlaceholders(name: string, report: (problem: string) => void): string {
  return name.replace(/\{([^{}]*)\}/g, (whole, word: string) => {
    const fill = placeholders.get(word)
    if (fill) return fill()
    const near = nearest(word, placeholders.keys())
    report(`unknown placeholder "${whole}"${near ? `; did you mean "{${near}}"?` : ''}`)
    return whole
  })
}
