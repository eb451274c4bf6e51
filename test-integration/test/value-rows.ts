import { readFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import { event } from '@lightbus/core'
import { z } from 'zod'

/** A class of the program's own. */
export class Money {
  readonly amount: string

  constructor(amount: string) {
    this.amount = amount
  }

  toBus(): string {
    return `${this.amount} EUR`
  }

  static fromBus(text: string): Money {
    if (!text.endsWith(' EUR')) throw new TypeError('This is no amount of money')
    return new Money(text.slice(0, -4))
  }

  [inspect.custom](): string {
    return `Money('${this.amount}')`
  }
}

const address = z.object({ street: z.string(), zip: z.string().nullable().optional() })
const user = z.object({ name: z.string(), address })
const moment = new Date(Date.UTC(2026, 0, 2, 3, 4, 5))

/** What TypeScript defines and sends, by the names of Python's samples where Python has one. */
export const valueRows = {
  text: ['z.string()', z.string(), 'hé"☃'],
  whole: ['z.int()', z.int(), 7],
  beyond: ['z.bigint()', z.bigint(), 9007199254740993n],
  fraction: ['z.number()', z.number(), 1.5],
  whole_float: ['z.number()', z.number(), 2],
  flag: ['z.boolean()', z.boolean(), true],
  nothing: ['z.string().nullable()', z.string().nullable(), null],
  moment: ['z.date()', z.date(), moment],
  zoned: ['z.date()', z.date(), moment],
  day: ['z.date()', z.date(), new Date(Date.UTC(2026, 0, 2))],
  price: ['z.string()', z.string(), '3.10'],
  raw: ['z.instanceof(Uint8Array)', z.instanceof(Uint8Array), Uint8Array.of(0, 255)],
  number: ['z.uuid()', z.uuid(), '6ad6269a-e719-11f1-90a7-02fc00000001'],
  colour: ["z.enum(['red', 'blue'])", z.enum(['red', 'blue']), 'red'],
  pair: ['z.tuple([z.string(), z.int()])', z.tuple([z.string(), z.int()]), ['a', 1]],
  names: ['z.array(z.string())', z.array(z.string()), ['a', 'b']],
  unique: ['z.set(z.string())', z.set(z.string()), new Set(['a'])],
  scores: ['z.map(z.string(), z.int())', z.map(z.string(), z.int()), new Map([['a', 1]])],
  address: ['Address', address, { street: 'High St' }],
  user: ['User', user, { name: 'bob', address: { street: 'High St', zip: 'N1' } }],
  money: ['z.instanceof(Money)', z.instanceof(Money), new Money('5')],
  anything: ['z.unknown()', z.unknown(), { x: [1, null] }],
  link: ['z.instanceof(URL)', z.instanceof(URL), new URL('https://example.com/a')],
  address_text: ['z.url()', z.url(), 'https://example.com/a'],
} as const satisfies Readonly<Record<string, readonly [definition: string, schema: z.ZodType, sent: unknown]>>

type RowName = keyof typeof valueRows

/** The event with a parameter for each of these rows. */
export function eventOf(names: readonly string[]) {
  const shape = names.map((name) => [name, valueRows[name as RowName][1]] as const)
  return event(Object.fromEntries(shape))
}

/** What TypeScript sends of these rows. */
export function sentOf(names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, valueRows[name as RowName][2]]))
}

/** A value as the table shows it. */
export function show(value: unknown): string {
  if (value instanceof Date) return `new Date('${value.toISOString()}')`
  if (value instanceof URL) return `new URL('${value.href}')`
  return inspect(value, { breakLength: Infinity, depth: Infinity })
}

/** The cells of the table of docs/values.md, row by row. */
export async function documentedRows(): Promise<readonly (readonly string[])[]> {
  const page = await readFile(new URL('../../docs/values.md', import.meta.url), 'utf8')
  const lines = page.split('\n').filter((line) => line.startsWith('| `'))
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  )
}
