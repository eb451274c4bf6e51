import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('npm run bench:validation', () => {
  it('says what a call costs with and without validation, and which share that is', async function () {
    this.timeout(60_000)
    const { stdout } = await promisify(execFile)('npm', ['run', '-s', 'bench:validation'], { cwd: root })
    for (const line of [
      /with validation +\d+\.\d µs/,
      /without validation +\d+\.\d µs/,
      /share of validation +-?\d+ %/,
    ])
      expect(stdout).to.match(line)
  })
})
