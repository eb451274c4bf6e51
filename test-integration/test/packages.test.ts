import { execFile } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'

const root = fileURLToPath(new URL('../..', import.meta.url))
const execute = promisify(execFile)
// What says how to debug a package leads to its sources.
const built = ['.d.ts', '.d.ts.map', '.js', '.js.map']

interface Packed {
  readonly name: string
  readonly files: readonly { readonly path: string }[]
}

describe('the packages, as they are published', function () {
  this.timeout(120_000)
  let packed: readonly Packed[]

  before(async () => {
    const options = { cwd: root, timeout: 100_000, maxBuffer: 32 * 1024 * 1024 }
    const paths = (await readdir(join(root, 'packages'))).map((name) => `packages/${name}`)
    await execute(join(root, 'node_modules/.bin/tsc'), ['-b', ...paths], options)
    const workspaces = paths.flatMap((path) => ['--workspace', path])
    const { stdout } = await execute('npm', ['pack', '--dry-run', '--json', ...workspaces], options)
    packed = JSON.parse(stdout) as readonly Packed[]
  })

  it('have their sources, what is built of them, a README and the license, and nothing else', async () => {
    expect(packed).to.have.length((await readdir(join(root, 'packages'))).length)
    for (const { name, files } of packed) {
      const paths = files.map(({ path }) => path)
      const sources = paths.filter((path) => /^src\/.*\.ts$/.test(path))
      expect(sources, name).to.include('src/index.ts')
      const modules = sources.map((path) => path.replace(/^src/, 'dist').replace(/\.ts$/, ''))
      const expected = modules.flatMap((module) => built.map((ending) => `${module}${ending}`))
      expect(paths, `${name}; after a file has gone: npm run clean`).to.have.members([
        'LICENSE',
        'README.md',
        'package.json',
        ...sources,
        ...expected,
      ])
    }
  })

  it('are under the license of the repository', async () => {
    const license = await readFile(join(root, 'LICENSE'), 'utf8')
    for (const name of await readdir(join(root, 'packages')))
      expect(await readFile(join(root, 'packages', name, 'LICENSE'), 'utf8'), name).to.equal(license)
  })
})
