import { expect } from 'chai'
import { fullPlan } from '../src/plan.ts'
import { inRounds, type Entrant } from '../src/rounds.ts'

describe('the rounds of a case', () => {
  it('give everybody a turn in each, and keep the value of each', async () => {
    const turns: string[] = []
    const entrant = (label: string): Entrant => ({
      label,
      async play(note, round) {
        turns.push(`${label}${round}`)
        note('calls', 'per second', round * 10, { inFlight: 1 })
      },
    })
    const { found } = await played([entrant('a'), entrant('b')], 2)
    expect(turns).to.deep.equal(['a1', 'b1', 'a2', 'b2'])
    expect(found[0]).to.deep.equal({
      case: 'some-case',
      subject: 'a',
      at: { inFlight: 1 },
      figure: 'calls',
      unit: 'per second',
      rounds: [10, 20],
    })
  })

  it('go on without whom has failed, keep what it had done, and say why', async () => {
    const failing: Entrant = {
      label: 'failing',
      async play(note, round) {
        note('calls', 'per second', round)
        throw new Error('out of breath')
      },
    }
    const other: Entrant = { label: 'other', play: async (note) => note('calls', 'per second', 7) }
    const { found, said } = await played([failing, other], 3)
    expect(found.map(({ subject, rounds }) => [subject, ...rounds])).to.deep.equal([
      ['failing', 1],
      ['other', 7, 7, 7],
    ])
    expect(said).to.contain('FAILED in some-case: failing: out of breath')
  })

  it('are fewer for whom takes part in fewer', async () => {
    const short: Entrant = { label: 'short', rounds: 1, play: async (note) => note('p50', 'ms', 1) }
    expect((await played([short], 3)).found[0]?.rounds).to.deep.equal([1])
  })
})

async function played(entrants: readonly Entrant[], rounds: number) {
  const said: string[] = []
  const stage = { plan: fullPlan, say: (line: string) => void said.push(line) }
  return { found: await inRounds(stage, 'some-case', entrants, rounds), said }
}
