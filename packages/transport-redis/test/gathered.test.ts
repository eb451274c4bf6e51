import { expect } from 'chai'
import { Gathered, GatheredBy } from '../src/gathered.ts'

describe('what is asked for in one turn of the event loop', () => {
  it('is done at once, by whomever and after how many awaits it is asked for', async () => {
    const acts: string[][] = []
    const gathered = new Gathered<string, string>(9, async (items) => {
      acts.push([...items])
      return items.map((item) => item.toUpperCase())
    })
    const later = async (item: string): Promise<string> => {
      await Promise.resolve()
      return gathered.add(item)
    }
    expect(await Promise.all([gathered.add('a'), later('b'), later('c')])).to.deep.equal(['A', 'B', 'C'])
    expect(await gathered.add('d')).to.equal('D')
    // What comes after the turn is done by itself.
    expect(acts.flat()).to.deep.equal(['a', 'b', 'c', 'd'])
    expect(acts.at(-1)).to.deep.equal(['d'])
  })

  it('is done before the turn is over where it is as much as may be, in items or in bytes', async () => {
    const acts: { readonly items: readonly number[]; readonly isFull: boolean }[] = []
    const gathered = new Gathered<number, number>(2, async (items, isFull) => {
      acts.push({ items, isFull })
      return items
    })
    const all = [1, 2, 3].map((n) => gathered.add(n))
    expect(acts).to.deep.equal([{ items: [1, 2], isFull: true }])
    all.push(gathered.add(4, 100_000_000))
    expect(acts.at(-1)).to.deep.equal({ items: [3, 4], isFull: true })
    all.push(gathered.add(5))
    expect(await Promise.all(all)).to.deep.equal([1, 2, 3, 4, 5])
    expect(acts.at(-1)).to.deep.equal({ items: [5], isFull: false })
  })

  it('fails together, and what comes next does not', async () => {
    let isBroken = true
    const gathered = new Gathered<number, number>(9, async (items) => {
      if (isBroken) throw new Error('broken')
      return items
    })
    const failures = await Promise.allSettled([gathered.add(1), gathered.add(2)])
    expect(failures.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected'])
    isBroken = false
    expect(await gathered.add(3)).to.equal(3)
  })

  it('is done by name', async () => {
    const acts: string[] = []
    const gathered = new GatheredBy<number, number>(9, async (name, items) => {
      acts.push(`${name}: ${items.join(' ')}`)
      return items
    })
    await Promise.all([gathered.add('a', 1), gathered.add('b', 2), gathered.add('a', 3)])
    expect(acts).to.deep.equal(['a: 1 3', 'b: 2'])
  })
})
