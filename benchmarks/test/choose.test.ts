import { expect } from 'chai'
import { choose } from '../src/choose.ts'
import { oneOfEach } from '../src/one-of-each.ts'
import { loadSubject } from '../src/processes/load-subject.ts'
import { labelOf, subjects } from '../src/subjects.ts'

const names = ['rpc', 'rpc-latency', 'growth-apis', 'growth-workers']

describe('the choice of cases and subjects', () => {
  it('takes all when nothing is said', () => expect(chosen(undefined)).to.deep.equal(names))

  it('takes a name by itself, and all with a beginning, in their order', () => {
    expect(chosen(['rpc'])).to.deep.equal(['rpc'])
    expect(chosen(['growth', 'RPC-'])).to.deep.equal(['rpc-latency', 'growth-apis', 'growth-workers'])
  })

  it('takes one variant of each subject, the asked one where there is one', () => {
    const labels = oneOfEach(subjects, 'speed').map(labelOf)
    expect(labels).to.include.members(['Lightbus (speed)', 'Lightbus, in memory (safety)'])
    expect(new Set(subjects.map(({ name }) => name)).size).to.equal(labels.length)
  })

  it('lets a process load each subject by itself', async () => {
    for (const { name, variant } of subjects)
      expect(labelOf(await loadSubject(name, variant))).to.equal(labelOf({ name, variant }))
  })
})

function chosen(words: readonly string[] | undefined): readonly string[] {
  return choose('case', names, (name) => name, words)
}
