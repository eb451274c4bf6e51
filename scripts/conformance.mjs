// Runs the conformance kit against one of the transports here: --transport memory | redis | custom; that of Redis on a
// server by name: --server 5, say. All other arguments are those of lightbus-conformance.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ensureRedis } from './ensure-redis.mjs'
import { serverNames, startServer } from './redis-servers.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const harnesses = {
  memory: 'packages/transport-memory/test/harness.ts',
  redis: 'packages/transport-redis/test/harness.ts',
  custom: 'examples/custom-transport/test/harness.ts',
}

const args = process.argv.slice(2)
const name = taken('--transport')
const server = taken('--server')
if (name === undefined || !Object.hasOwn(harnesses, name))
  refuse(`Say which transport: --transport ${Object.keys(harnesses).join(' | ')}`)
if (server !== undefined && name !== 'redis') refuse('Only the Redis transport has servers to choose from.')
if (server !== undefined && !serverNames.includes(server))
  refuse(`Say which server: --server ${serverNames.join(' | ')}`)

const redis = name === 'redis' ? await redisFor(server) : undefined
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

/** The value of an option, which is taken out of the arguments; undefined where it is not among them. */
function taken(option) {
  const at = args.indexOf(option)
  return at < 0 ? undefined : (args.splice(at, 2)[1] ?? '')
}

function refuse(why) {
  console.error(why)
  process.exit(2)
}

async function redisFor(server) {
  if (server === undefined) return ensureRedis()
  try {
    const { url, kind, version, how, stop } = await startServer(server)
    return { url, how: `${kind} ${version}, ${how}`, stop }
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
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
