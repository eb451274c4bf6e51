import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'

const root = fileURLToPath(new URL('..', import.meta.url))

describe('the first program', () => {
  it('answers the call and welcomes the user, and ends by itself', async () => {
    const argv = ['--import', 'tsx', '--conditions=@lightbus/source', 'src/first-program.ts']
    const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root, timeout: 9_000 })

    const lines = stdout.split('\n')
    expect(lines).to.include('true')
    expect(lines).to.include('Welcome sally, we will write to sally@example.com')
  })
})
