// Runs the conformance kit against one of the transports here: --transport memory | redis | custom. All other arguments
// are those of lightbus-conformance.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ensureRedis } from './ensure-redis.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const harnesses = {
  memory: 'packages/transport-memory/test/harness.ts',
  redis: 'packages/transport-redis/test/harness.ts',
  custom: 'examples/custom-transport/test/harness.ts',
}

const args = process.argv.slice(2)
const at = args.indexOf('--transport')
const name = at < 0 ? undefined : args.splice(at, 2)[1]
if (name === undefined || !Object.hasOwn(harnesses, name)) {
  console.error(`Say which transport: --transport ${Object.keys(harnesses).join(' | ')}`)
  process.exit(2)
}

const redis = name === 'redis' ? await ensureRedis() : undefined
try {
  if (redis) console.error(`Redis: ${redis.how}`)
  process.exitCode = await run([
    '--import=tsx',
    '--conditions=@lightbus/source',
    'packages/transport-testkit/src/lightbus-conformance.ts',
    harnesses[name],
    ...args,
  ])
} finally {
  await redis?.stop()
}

function run(arguments_) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, arguments_, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...(redis ? { REDIS_URL: redis.url } : {}) },
    })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
