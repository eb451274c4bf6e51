// Runs services of the real Python Lightbus and of ours on one Redis, and closes with the line "N passed, N failed".
// Installs Python's from its package registry unless that was done before. Arguments are parts of the names of the test files to run.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Mocha from 'mocha'
import { ensureRedis } from './ensure-redis.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const environment = join(root, 'test-integration/.cache/python')
const python = join(environment, 'bin/python')
// A pre-release in the range lets pip choose pre-releases of this package, and of no other.
const wanted = 'lightbus>=1.1.2a0'

let redis
try {
  const version = await installed()
  redis = await ensureRedis()
  console.log(`Python Lightbus: ${version}\nRedis: ${redis.how}`)
  const { passed, failed } = await runMocha()
  close(passed, failed)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  close(0, 1)
} finally {
  await redis?.stop()
}
// A test that leaves something open must not keep the command from ending.
process.exit()

function close(passed, failed) {
  console.log(`\n${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
}

/** Says which version is there. Throws a sentence when there can be none. */
async function installed() {
  if (existsSync(python)) {
    const before = version()
    if (before.status === 0) return before.stdout.trim()
  }
  await rm(environment, { recursive: true, force: true })
  await mkdir(environment, { recursive: true })
  console.log(`Installing ${wanted} into ${environment}.`)
  run('python3', ['-m', 'venv', environment], 'A virtual environment for Python Lightbus could not be made')
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', wanted]
  run(
    python,
    install,
    'Python Lightbus could not be installed: its package registry cannot be reached, or has none for this Python',
  )
  const { status, stdout, stderr } = version()
  if (status === 0) return stdout.trim()
  const why = stderr.trim().split('\n').at(-1)
  throw new Error(`Python Lightbus was installed, but does not run here: ${why}. Use Python 3.9 or later.`)
}

function version() {
  const says =
    'import sys, lightbus, importlib.metadata as m; print(m.version("lightbus"), "on Python", sys.version.split()[0])'
  return spawnSync(python, ['-c', says], { encoding: 'utf8' })
}

function run(command, args, failure) {
  const done = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000 })
  if (done.status === 0) return
  if (done.error?.code === 'ENOENT')
    throw new Error(`${failure}: there is no ${command} on the PATH. Install Python 3.9 or later.`)
  const lines = `${done.stderr ?? ''}\n${done.stdout ?? ''}`.trim().split('\n')
  const why = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1)
  throw new Error(`${failure}: ${done.error?.message ?? why ?? `exit code ${done.status}`}`)
}

async function runMocha() {
  process.env.REDIS_URL = redis.url
  const { timeout } = JSON.parse(await readFile(join(root, '.mocharc.json'), 'utf8'))
  const mocha = new Mocha({ timeout, reporter: 'spec' })
  const tests = join(root, 'test-integration/python')
  const wantedNames = process.argv.slice(2)
  const names = (await readdir(tests, { recursive: true })).filter((name) => name.endsWith('.python.ts'))
  for (const name of names.toSorted())
    if (wantedNames.length === 0 || wantedNames.some((wanted) => name.includes(wanted)))
      mocha.addFile(join(tests, name))
  await mocha.loadFilesAsync()
  const { stats } = await new Promise((resolve) => {
    const runner = mocha.run(() => resolve(runner))
  })
  return { passed: stats.passes, failed: stats.failures + stats.pending }
}
