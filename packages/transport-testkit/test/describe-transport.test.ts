import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const kit = fileURLToPath(new URL('fixtures/idle.kit.ts', import.meta.url))

interface Results {
  readonly passes: readonly { readonly title: string }[]
  readonly failures: readonly { readonly title: string }[]
  readonly pending: readonly unknown[]
}

describe('the kit', function () {
  this.timeout(60_000)

  it('fails a transport that declares everything and does nothing, and skips no case', () => {
    const mocha = `${root}node_modules/mocha/bin/mocha.js`
    const loading = ['--node-option', 'import=tsx', '--node-option', 'conditions=@lightbus/source']
    const args = [mocha, '--no-config', ...loading, '--timeout', '100', '--reporter', 'json', kit]
    const { stdout, stderr } = spawnSync(process.execPath, [...args, '--exit'], {
      encoding: 'utf8',
      cwd: root,
    })
    const start = stdout.indexOf('{\n')
    if (start < 0) throw new Error(stderr)
    const results = JSON.parse(stdout.slice(start)) as Results
    expect(results.pending).to.deep.equal([])
    expect(results.failures.length).to.be.above(30)
    // To be closed is all that it can do.
    for (const { title } of results.passes) expect(title).to.match(/^L1 /)
  })
})
