import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const root = fileURLToPath(new URL('../..', import.meta.url))
const packages = ['core', 'transport-memory', 'transport-testkit']

/** A file that the page has its reader write, or commands that it has them run. */
type Step =
  | { readonly type: 'file'; readonly name: string; readonly text: string }
  | { readonly type: 'commands'; readonly lines: readonly string[] }

describe('writing a transport, with the packages as they are published', () => {
  let page: string
  let folder: string
  /** By command, what it has printed. */
  const printed = new Map<string, string>()

  before(async function () {
    this.timeout(180_000)
    page = await readFile(join(root, 'docs/writing-a-transport.md'), 'utf8')
    folder = await mkdtemp(join(tmpdir(), 'lightbus-packed-'))
    const tarballs = await pack(join(folder, 'packed'))
    const project = join(folder, 'lightbus-transport-files')
    await mkdir(project)
    for (const step of stepsOf(page)) {
      if (step.type === 'file') await writeFile(join(project, step.name), step.text)
      else for (const line of step.lines) printed.set(line, await run(withTarballs(line, tarballs), project))
    }
  })

  after(() => rm(folder, { recursive: true, force: true }))

  it('proves the transport of the page: the command closes with the line that the page shows', () => {
    const [, closing = ''] = /^```text\n(.*)\n```$/m.exec(page) ?? []
    expect(closing).to.match(/^(\d+) declared, \1 passed, \d+ declared absent, 0 failed$/)
    expect(outputOf('lightbus-conformance ./harness.ts --report').trimEnd().split('\n').at(-1)).to.equal(
      closing,
    )
  })

  it('proves it under mocha too, and writes its report', async () => {
    expect(outputOf('npx mocha'))
      .to.match(/E20 .*\n/)
      .and.to.match(/\d+ passing/)
      .and.not.to.match(/\d+ failing/)
    const report = await readFile(join(folder, 'lightbus-transport-files/conformance/files.md'), 'utf8')
    expect(report).to.match(/^# Conformance of the files transport$/m)
  })

  it('runs the programs of the page, the second where the first has stopped', () => {
    expect(outputOf('tsx program.ts').split('\n')).to.include('Order A1 was placed')
    expect(
      outputOf('tsx program-in-code.ts')
        .split('\n')
        .filter((line) => line.startsWith('Order')),
    ).to.deep.equal(['Order A2 has come'])
  })

  it('compiles to a module that Node reads', async () => {
    const compiled = join(folder, 'lightbus-transport-files/dist/index.js')
    const { transportModule } = (await import(compiled)) as {
      readonly transportModule: { readonly name: string }
    }
    expect(transportModule.name).to.equal('files')
  })

  it('has the files of the example', async () => {
    const steps = stepsOf(page)
    for (const name of sourceNames) {
      const source = await readFile(join(root, 'examples/custom-transport/src', name), 'utf8')
      const step = steps.find((each) => each.type === 'file' && each.name === name)
      expect(step, name).to.deep.equal({ type: 'file', name, text: `// ${name}\n${source}` })
    }
  })

  function outputOf(part: string): string {
    const [, output] = [...printed].find(([line]) => line.includes(part)) ?? []
    if (output === undefined) throw new Error(`The page has no command "${part}".`)
    return output
  }
})

const sourceNames = ['journal.ts', 'file-event-transport.ts', 'file-event-subscription.ts', 'index.ts']

/** What a reader of the page does, from top to bottom. A file is named by its first line, or by the line before it. */
function stepsOf(page: string): readonly Step[] {
  return [...page.matchAll(/^(?:[^\n]*`([\w.-]+)`:\n\n)?```(\w+)\n(.*?)^```$/gms)].flatMap(
    ([, before, language, text = '']): readonly Step[] => {
      if (language === 'sh') return [{ type: 'commands', lines: text.trimEnd().split('\n') }]
      const name = /^(?:\/\/|#) ([\w.-]+\.(?:ts|yaml))$/m.exec(text.split('\n')[0] ?? '')?.[1] ?? before
      return name === undefined ? [] : [{ type: 'file', name, text }]
    },
  )
}

/** Builds and packs; by the name of the package, its tarball. */
async function pack(destination: string): Promise<ReadonlyMap<string, string>> {
  await mkdir(destination)
  const paths = packages.map((name) => `packages/${name}`)
  await run(`npx tsc -b ${paths.join(' ')}`, root)
  const workspaces = paths.map((path) => `--workspace ${path}`).join(' ')
  const output = await run(`npm pack --json ${workspaces} --pack-destination ${destination}`, root)
  const packed = JSON.parse(output) as readonly { readonly name: string; readonly filename: string }[]
  return new Map(packed.map(({ name, filename }) => [name, join(destination, filename)]))
}

function withTarballs(line: string, tarballs: ReadonlyMap<string, string>): string {
  if (!line.startsWith('npm install ')) return line
  const words = line.split(' ').map((word) => tarballs.get(word) ?? word)
  return [...words, '--no-audit', '--no-fund', '--prefer-offline'].join(' ')
}

/** What the command has printed to its standard output. Rejects with everything when it fails. */
function run(command: string, directory: string): Promise<string> {
  const isForeign = (name: string): boolean =>
    /^(LIGHTBUS_.*|REDIS_URL|NODE_OPTIONS|npm_.*|INIT_CWD)$/.test(name)
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isForeign(name)))
  return new Promise((resolve, reject) => {
    const options = { cwd: directory, env, timeout: 120_000, maxBuffer: 32 * 1024 * 1024 }
    execFile('sh', ['-c', command], options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command}\n${stdout}${stderr}`, { cause: error }))
      else resolve(stdout)
    })
  })
}
