import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Ending {
  readonly code: number
  readonly output: string
  readonly closing: string | undefined
}

describe('the closing line', () => {
  describe('of run-all.mjs', () => {
    const runAll = (...commands: readonly string[]) => ending(['scripts/run-all.mjs', ...commands])

    it('is the sum of those of its commands, and the only one', async () => {
      const { code, closing, output } = await runAll(
        'echo one; echo "3 passed, 0 failed"',
        'echo two; echo "4 passed, 0 failed"',
      )
      expect([code, closing]).to.deep.equal([0, '7 passed, 0 failed'])
      expect(output.split('\n')).to.include.members(['one', 'two'])
      expect(output.match(/^\d+ passed, \d+ failed$/gm)).to.have.lengthOf(1)
    })

    it('counts what failed in any of them, and those after it run all the same', async () => {
      const { code, closing } = await runAll('echo "3 passed, 2 failed"; exit 1', 'echo "4 passed, 0 failed"')
      expect([code, closing]).to.deep.equal([1, '7 passed, 2 failed'])
    })

    it('counts a command as failed that says nothing of the kind, or ends otherwise than it says', async () => {
      expect(await runAll('true')).to.include({ code: 1, closing: '0 passed, 1 failed' })
      expect(await runAll('echo "3 passed, 0 failed"; exit 2')).to.include({
        code: 1,
        closing: '3 passed, 1 failed',
      })
    })

    it('is no success where nothing was tested', async () => {
      expect(await runAll('echo "0 passed, 0 failed"')).to.include({ code: 1, closing: '0 passed, 0 failed' })
    })
  })

  describe('of test:python', () => {
    let folder: string
    before(async () => (folder = await mkdtemp(join(tmpdir(), 'lightbus-python-'))))
    after(() => rm(folder, { recursive: true, force: true }))

    const testPython = (environment: object, ...args: readonly string[]) =>
      ending(['--import=tsx', 'scripts/python-lightbus.mjs', ...args], {
        PYTHON_LIGHTBUS: join(folder, 'python'),
        ...environment,
      })
    // Nobody listens there.
    const nowhere = { PIP_CONFIG_FILE: '/dev/null', PIP_FIND_LINKS: '', PIP_INDEX_URL: 'http://127.0.0.1:1/' }
    const noPython = { PYTHON: join(tmpdir(), 'no-such-python') }

    it('is a failure where there is no Python, and says so', async () => {
      const { code, closing, output } = await testPython(noPython)
      expect([code, closing]).to.deep.equal([1, '0 passed, 1 failed'])
      expect(output).to.contain('There is no Python 3.9 to 3.13 on the PATH: looked for ')
    })

    it('is neither with --if-possible, and says so', async () => {
      const { code, closing, output } = await testPython(noPython, '--if-possible')
      expect([code, closing]).to.deep.equal([0, '0 passed, 0 failed'])
      expect(output).to.contain('So nothing was tested together with Python.')
    })

    it('is a failure where the package registry cannot be reached, and says so', async function () {
      this.timeout(60_000)
      const { code, closing, output } = await testPython(nowhere)
      expect([code, closing]).to.deep.equal([1, '0 passed, 1 failed'])
      // Without a Python, or one that makes no virtual environments, it does not come as far as the registry.
      expect(output).to.match(/its package registry cannot be reached|There is no Python|could not be made/)
    })
  })
})

function ending(args: readonly string[], environment: object = {}): Promise<Ending> {
  const env = { ...process.env, ...environment }
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { cwd: root, env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, output: `${stdout}${stderr}`, closing: stdout.trimEnd().split('\n').at(-1) })
    })
  })
}
