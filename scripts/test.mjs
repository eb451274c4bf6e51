// Runs every test with a Redis at hand, and closes with the line "N passed, N failed". A test that is skipped counts as
// failed. Arguments go to mocha; where test files are among them, only those run.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureRedis } from './ensure-redis.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const wholeRunMs = 17 * 60_000
const lingeringMs = 20_000

const folder = await mkdtemp(join(tmpdir(), 'lightbus-test-'))
let redis
let mocha
let signalled

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    signalled = signal
    if (mocha) endGroup(mocha, 'SIGTERM')
    else void cleanUp().then(() => process.exit(1))
  })
}

try {
  redis = await ensureRedis()
  console.log(`Redis: ${redis.how}\n`)
  const trouble = await runMocha()
  const { passed, failed } = await tell(trouble)
  console.log(`\n${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.log('\n0 passed, 1 failed')
  process.exitCode = 1
} finally {
  await cleanUp()
}

async function cleanUp() {
  await redis?.stop()
  await rm(folder, { recursive: true, force: true })
}

/** Undefined when mocha ended by itself and says how; otherwise what went wrong with the run as a whole. */
async function runMocha() {
  const output = join(folder, 'results.json')
  const args = process.argv.slice(2)
  const config = args.some((arg) => arg.endsWith('.test.ts')) ? await configWithoutSpec() : '.mocharc.json'
  mocha = spawn(
    process.execPath,
    [
      join(root, 'node_modules/mocha/bin/mocha.js'),
      '--config',
      config,
      '--reporter',
      'json',
      '--reporter-option',
      `output=${output}`,
      ...args,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
      env: { ...process.env, REDIS_URL: redis.url },
    },
  )

  let trouble
  let resultsSeen
  const started = Date.now()
  const watch = setInterval(() => {
    if (existsSync(output)) resultsSeen ??= Date.now()
    if (resultsSeen && Date.now() - resultsSeen > lingeringMs) {
      trouble = `The tests are done, but mocha did not end within ${lingeringMs / 1000} s: a test leaves something open.`
    } else if (Date.now() - started > wholeRunMs) {
      trouble = `The tests were not done after ${wholeRunMs / 60_000} minutes.`
    }
    if (trouble) endGroup(mocha, 'SIGKILL')
  }, 500)

  const [code, signal] = await new Promise((resolve, reject) => {
    mocha.once('error', reject)
    mocha.once('close', (...ending) => resolve(ending))
  })
  clearInterval(watch)
  endGroup(mocha, 'SIGKILL')
  if (signalled) return `The run was interrupted by ${signalled}.`
  if (trouble) return trouble
  if (!existsSync(output))
    return `mocha ended without results (${signal ? `signal ${signal}` : `exit code ${code}`}).`
  return code === 0 ? undefined : { exitCode: code }
}

/** Mocha adds the files of the command line to those of its configuration; whoever names files wants only those. */
async function configWithoutSpec() {
  const config = JSON.parse(await readFile(join(root, '.mocharc.json'), 'utf8'))
  delete config.spec
  const path = join(folder, 'mocharc.json')
  await writeFile(path, JSON.stringify(config))
  return path
}

function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has ended already.
  }
}

async function tell(trouble) {
  const results = await readFile(join(folder, 'results.json'), 'utf8').then(JSON.parse, () => undefined)
  const { passes = [], failures = [], pending = [] } = results ?? {}

  failures.forEach((test, index) => console.log(`\n${index + 1}) ${test.fullTitle}\n${describe(test)}`))
  if (pending.length > 0) console.log('\nSkipped, which counts as failed:')
  for (const test of pending) console.log(`  - ${test.fullTitle} (${relative(root, test.file ?? '')})`)

  let failed = failures.length + pending.length
  if (typeof trouble === 'string') {
    console.log(`\n${trouble}`)
    failed += 1
  } else if (trouble && failed === 0) {
    console.log(`\nNo test failed, but mocha ended with exit code ${trouble.exitCode}.`)
    failed = 1
  }
  return { passed: passes.length, failed }
}

function describe(test) {
  const { message = '', stack = '', expected, actual } = test.err ?? {}
  const where = test.file ? `in ${relative(root, test.file)}` : ''
  const wanted =
    expected === undefined && actual === undefined ? '' : `expected: ${expected}\nactual:   ${actual}`
  const text = stack.includes(message) ? stack : `${message}\n${stack}`
  return [where, text.trimEnd(), wanted]
    .filter(Boolean)
    .join('\n')
    .replace(/^(?=.)/gm, '   ')
}
