import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'

const root = fileURLToPath(new URL('..', import.meta.url))

describe('the shop in one process', () => {
  it('tells its story once and ends by itself', async function () {
    this.timeout(60_000)
    const argv = ['--import', 'tsx', '--conditions=@lightbus/source', 'src/demo.ts', '--once']
    const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root, timeout: 55_000 })

    expect(stdout).to.match(/The shop is open at http:\/\/127\.0\.0\.1:\d+/)
    expect(stdout).to.include('teapot.jpg → 96 × 72, 320 × 240, 640 × 480')
    expect(stdout).to.match(/teapot +€ 49\.00 → € 41\.58/)
    expect(stdout).to.match(/mug +€ 14\.50 → € 9\.00/)
    expect(stdout).to.match(/grinder +€ 129\.00 → € 129\.00 \(unchanged\)/)
    expect(stdout).to.include('The shop is closed.')
  })
})
