import { expect } from 'chai'
import { hostname } from 'node:os'
import { configFrom, problemsOf } from './config-setup.ts'

async function named(processName: string): Promise<string> {
  return (await configFrom({ processName })).processName
}

describe('placeholders', () => {
  it('stand for the machine and the process', async () => {
    expect(await named('{hostname}-{pid}')).to.equal(`${hostname().toLowerCase()}-${process.pid}`)
  })

  it('stand for random lower-case letters and digits', async () => {
    expect(await named('{random4}.{random8}.{random16}')).to.match(/^[a-z0-9]{4}\.[a-z0-9]{8}\.[a-z0-9]{16}$/)
    expect(await named('{random16}')).not.to.equal(await named('{random16}'))
  })

  it('stand for a name that people can say', async () => {
    expect(await named('{friendly}')).to.match(/^[a-z]+(-[a-z]+)+$/)
  })

  it('are reported when unknown, with the one that was meant', async () => {
    const problems = await problemsOf('bus: {}\nprocess_name: web-{random}\n')
    expect(problems).to.deep.equal([
      'process_name (line 2): unknown placeholder "{random}"; did you mean "{random4}"?',
    ])
  })
})
