// Runs services of the real Python Lightbus and of ours on one Redis, and closes with the line "N passed, N failed".
// Installs Python's from its package registry unless that was done before; with --if-possible nothing is tested, and nothing
// failed, where there is no Python or no registry. Other arguments are parts of the names of the test files to run.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import Mocha from 'mocha'
import { ensureRedis } from './ensure-redis.mjs'
import { NotPossible, preparePython } from './python-environment.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'if-possible': { type: 'boolean', default: false } },
})

let redis
try {
  const version = await preparePython()
  redis = await ensureRedis()
  console.log(`Python Lightbus: ${version}\nRedis: ${redis.how}`)
  const { passed, failed } = await runMocha()
  close(passed, failed)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  if (error instanceof NotPossible && values['if-possible']) {
    console.log('So nothing was tested together with Python.')
    close(0, 0, true)
  } else close(0, 1)
} finally {
  await redis?.stop()
}
// A test that leaves something open must not keep the command from ending.
process.exit()

function close(passed, failed, isFine = failed === 0 && passed > 0) {
  console.log(`\n${passed} passed, ${failed} failed`)
  process.exitCode = isFine ? 0 : 1
}

async function runMocha() {
  process.env.REDIS_URL = redis.url
  const { timeout } = JSON.parse(await readFile(join(root, '.mocharc.json'), 'utf8'))
  const mocha = new Mocha({ timeout, reporter: 'spec' })
  const tests = join(root, 'test-integration/python')
  const names = (await readdir(tests, { recursive: true })).filter((name) => name.endsWith('.python.ts'))
  for (const name of names.toSorted())
    if (positionals.length === 0 || positionals.some((wanted) => name.includes(wanted)))
      mocha.addFile(join(tests, name))
  await mocha.loadFilesAsync()
  const { stats } = await new Promise((resolve) => {
    const runner = mocha.run(() => resolve(runner))
  })
  return { passed: stats.passes, failed: stats.failures + stats.pending }
}
