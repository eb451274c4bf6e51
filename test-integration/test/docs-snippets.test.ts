import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cache = join(root, 'test-integration/.cache/docs-snippets')

interface Snippet {
  readonly document: string
  readonly language: string
  readonly text: string
  /** Where it is written to: named by its first line if that is `// name.ts`, else by its number. */
  readonly path: string
}

/** A program, what it prints among other things, and what it needs of the environment. */
interface Program {
  readonly document: string
  readonly says: readonly string[]
  /** By which it is found. */
  readonly part?: string
  readonly needs?: readonly string[]
}

const programs: readonly Program[] = [
  { document: 'README.md', says: ['true', 'Welcome sally, we will write to sally@example.com'] },
  { document: 'docs/events.md', says: ['Order A1: 30'] },
  { document: 'docs/rpcs.md', says: ['3'] },
  { document: 'docs/schemas.md', says: ['2026'] },
  { document: 'docs/values.md', says: ['2026 true 3.10'] },
  { document: 'docs/plugins.md', says: ['Serving shop', 'sally shop.refund {"order":"A1"}'] },
  { document: 'packages/core/README.md', says: ['true', 'Welcome sally'] },
  { document: 'packages/transport-memory/README.md', says: ['Order A1'] },
  { document: 'packages/transport-memory/README.md', part: 'createMemoryBroker()', says: [] },
  { document: 'packages/transport-redis/README.md', says: ['30'], needs: ['REDIS_URL'] },
]

interface Run {
  readonly code: number
  readonly output: string
}

describe('the snippets of the documents', () => {
  let snippets: readonly Snippet[]

  before(async () => {
    snippets = (await documents()).flatMap(({ path, text }) => snippetsOf(path, text))
    await rm(cache, { recursive: true, force: true })
    for (const { path, text } of snippets.filter(({ language }) => language === 'ts')) {
      await mkdir(join(path, '..'), { recursive: true })
      await writeFile(path, text)
    }
  })

  after(() => rm(cache, { recursive: true, force: true }))

  it('type-check with the settings of the repository', async function () {
    this.timeout(60_000)
    const settings = {
      extends: '../../../tsconfig.base.json',
      compilerOptions: {
        composite: false,
        incremental: false,
        noEmit: true,
        declaration: false,
        declarationMap: false,
        rootDir: root,
        tsBuildInfoFile: null,
        types: ['node', 'mocha'],
      },
      include: ['**/*.ts'],
    }
    await writeFile(join(cache, 'tsconfig.json'), JSON.stringify(settings))
    const { code, output } = await run(join(root, 'node_modules/.bin/tsc'), ['--project', cache])
    expect(code, output).to.equal(0)
  })

  it('are valid YAML where they are YAML', () => {
    const requireFromCore = createRequire(join(root, 'packages/core/package.json'))
    const { parse } = requireFromCore('yaml') as { parse: (text: string) => unknown }
    const configurations = snippets.filter(({ language }) => language === 'yaml')
    expect(configurations).not.to.have.lengthOf(0)
    for (const { text, document } of configurations) expect(parse(text), document).to.be.an('object')
  })

  for (const { document, says, part = 'await bus.start()', needs = [] } of programs) {
    it(`run: the program of ${document} with ${part}`, async () => {
      const program = snippets.find((snippet) => snippet.document === document && snippet.text.includes(part))
      if (!program) throw new Error(`${document} has no such program`)
      const { code, output } = await run(
        process.execPath,
        ['--import=tsx', '--conditions=@lightbus/source', program.path],
        needs,
      )
      expect(code, output).to.equal(0)
      expect(output.split('\n')).to.include.members(says)
    })
  }

  it('run: the test of docs/testing.md', async () => {
    const program = snippets.find(({ path }) => path.endsWith('shop.test.ts'))
    const args = ['--import=tsx', '--conditions=@lightbus/source', '--test', '--test-reporter=tap']
    const { code, output } = await run(process.execPath, [...args, program?.path ?? ''])
    expect(code, output).to.equal(0)
    expect(output).to.match(/# pass 2\n/)
  })

  it('run: the conformance of packages/transport-testkit/README.md', async function () {
    this.timeout(60_000)
    const suite = join(cache, 'packages-transport-testkit-README-md/conformance.test.ts')
    const mocha = [join(root, 'node_modules/mocha/bin/mocha.js'), '--no-config', '--grep', 'E1 ']
    const loading = ['--node-option', 'import=tsx', '--node-option', 'conditions=@lightbus/source']
    const { code, output } = await run(process.execPath, [...mocha, ...loading, suite])
    expect(code, output).to.equal(0)
    expect(output).to.match(/[1-9]\d* passing/)
  })
})

async function documents(): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const names = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md'))
  const readmes = (await readdir(join(root, 'packages'))).map((name) => `packages/${name}/README.md`)
  const paths = [
    'README.md',
    ...names.map((name) => `docs/${name}`),
    ...readmes.filter((path) => existsSync(join(root, path))),
  ]
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })))
}

function snippetsOf(document: string, text: string): readonly Snippet[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', snippet = ''], index) => {
    const name = /^\/\/ ([\w.-]+\.ts)$/m.exec(snippet.split('\n')[0] ?? '')?.[1] ?? `snippet-${index + 1}.ts`
    return { document, language, text: snippet, path: join(cache, document.replace(/\W/g, '-'), name) }
  })
}

// Without REDIS_URL and the like the programs run as they do for a reader who has no broker, unless they need one.
function run(command: string, args: readonly string[], needs: readonly string[] = []): Promise<Run> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => needs.includes(name) || (name !== 'REDIS_URL' && !name.startsWith('LIGHTBUS_')),
    ),
  )
  return new Promise((resolve) => {
    execFile(command, [...args], { cwd: root, env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, output: `${stdout}${stderr}` })
    })
  })
}
