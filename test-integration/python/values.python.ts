import { readFile } from 'node:fs/promises'
import { defineApi, event } from '@lightbus/core'
import { expect } from 'chai'
import { z } from 'zod'
import { until } from '../test/each-transport.ts'
import { documentedRows, eventOf, sentOf, show, valueRows } from '../test/value-rows.ts'
import { values } from './apis.ts'
import { Fleet } from './fleet.ts'
import type { PythonService } from './python-service.ts'

const date = '2026-01-02'
const uuid = '6ad6269a-e719-11f1-90a7-02fc00000001'

/** What TypeScript fires, by the names of Python's samples. */
const sent: Readonly<Record<string, unknown>> = {
  text: 'hé"☃',
  whole: 7,
  beyond: 9007199254740993n,
  fraction: 1.5,
  whole_float: 2,
  flag: true,
  nothing: null,
  moment: `${date}T03:04:05`,
  zoned: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
  day: date,
  price: '3.10',
  raw: Uint8Array.of(0, 255),
  number: uuid,
  colour: 'red',
  pair: ['a', 1],
  names: ['a', 'b'],
  unique: new Set(['a']),
  scores: new Map([['a', 1]]),
  address: { street: 'High St' },
  user: { name: 'bob', address: { street: 'High St', zip: 'N1' } },
  money: '5 EUR',
  anything: { x: [1, null] },
}

describe('values between Python and TypeScript', () => {
  let fleet: Fleet
  beforeEach(async () => (fleet = await Fleet.assemble()))
  afterEach(() => fleet.disband())

  it('arrive as the table of docs/python.md says', async () => {
    const bus = fleet.bus([values])
    const received: Record<string, unknown>[] = []
    bus.serve(values)
    bus.listen(['py.values.everything'], (parameters: Record<string, unknown>) => received.push(parameters), {
      listenerName: 'ts_values',
    })
    await bus.start()
    const python = await fleet.python()
    const samples = await python.describeSamples()
    await python.fire('py.values.everything')
    await bus.fire('ts.values.everything', sent)
    await until(() => received.length === 1, 'the values of Python')
    await python.until(() => python.saying('heard').length === 1, 'the values of TypeScript')
    const heard = heardBy(python)
    const rows = Object.entries(samples).map(([name, [hint, sample]]) =>
      [hint, sample, show(received[0]?.[name]), show(sent[name]), heard[name]].map(
        (cell) => `\`${cell ?? '?'}\``,
      ),
    )
    expect(await documented()).to.deep.equal(rows)
  })

  it('arrive as the definition says, as in the table of docs/values.md', async () => {
    const python = await fleet.python()
    const samples = await python.describeSamples()
    const names = Object.keys(samples)
    const ours = defineApi('ts.values', { events: { everything: eventOf(names) } })
    // What Python sends beyond 2 to the power of 53 is rounded by JSON, and refused where a bigint is wanted.
    const { parameters } = eventOf(names)
    const theirs = defineApi('py.values', {
      events: { everything: event({ ...parameters, beyond: z.unknown() }) },
    })
    const bus = fleet.bus([ours, theirs])
    const received: Record<string, unknown>[] = []
    bus.serve(ours)
    bus.listen(['py.values.everything'], (parameters: Record<string, unknown>) => received.push(parameters), {
      listenerName: 'ts_values',
    })
    await bus.start()
    await python.fire('py.values.everything')
    await bus.fire('ts.values.everything', sentOf(names))
    await until(() => received.length === 1, 'the values of Python')
    await python.until(() => python.saying('heard').length === 1, 'the values of TypeScript')
    const heard = heardBy(python)
    const rows = Object.entries(valueRows).map(([name, [definition, , sent]]) => {
      const sample = samples[name]
      const ofPython = sample
        ? [sample[0], heard[name], sample[1], name === 'beyond' ? 'refused' : show(received[0]?.[name])]
        : ['', '', '', '']
      return [definition, show(sent), ...ofPython]
    })
    expect((await documentedRows()).map(([one, other, , , ...rest]) => [one, other, ...rest])).to.deep.equal(
      rows,
    )
  })
})

/** What Python has heard, by name. */
function heardBy(python: PythonService): Record<string, string> {
  const heard = { ...(python.saying('heard')[0]?.['values'] as Readonly<Record<string, string>>) }
  if (python.minorVersion >= 13) {
    // There Python Lightbus takes Decimal for a class that it cannot make, as the page says.
    expect(heard['price']).to.equal("'3.10'")
    heard['price'] = "Decimal('3.10')"
  }
  return heard
}

/** The rows of the table, cell by cell. */
async function documented(): Promise<readonly (readonly string[])[]> {
  const page = await readFile(new URL('../../docs/python.md', import.meta.url), 'utf8')
  const [, values = ''] = page.split('\n## Values\n')
  const lines = values.split('\n').filter((line) => line.startsWith('| `'))
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}
