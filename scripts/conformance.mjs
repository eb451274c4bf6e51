// Runs the conformance kit against one of the transports here: --transport memory | redis | custom; that of Redis on a
// server by name: --server 5, say. All other arguments are those of lightbus-conformance; a report about Redis is named
// after the server, and says which one it was.
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureRedis } from './ensure-redis.mjs'
import { findBinary } from './redis-binaries.mjs'
import { serverNames, startServer } from './redis-servers.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const harnesses = {
  memory: 'packages/transport-memory/test/harness.ts',
  redis: 'packages/transport-redis/test/harness.ts',
  custom: 'examples/custom-transport/test/harness.ts',
}
// Their harnesses start them, since they also let them fail.
const topologies = {
  cluster: {
    harness: 'packages/transport-redis/test/servers/cluster-harness.ts',
    what: 'as a Cluster of three masters with a replica each',
  },
  sentinel: {
    harness: 'packages/transport-redis/test/servers/sentinel-harness.ts',
    what: 'as a primary with two replicas and three sentinels',
  },
}
const places = [...serverNames, ...Object.keys(topologies)]

const args = process.argv.slice(2)
const name = taken('--transport')
const server = taken('--server')
if (name === undefined || !Object.hasOwn(harnesses, name))
  refuse(`Say which transport: --transport ${Object.keys(harnesses).join(' | ')}`)
if (server !== undefined && name !== 'redis') refuse('Only the Redis transport has servers to choose from.')
if (server !== undefined && !places.includes(server))
  refuse(`Say which server: --server ${places.join(' | ')}`)

const topology = Object.hasOwn(topologies, server ?? '') ? topologies[server] : undefined
const redis = name === 'redis' ? await redisFor(server) : undefined
const reports = redis ? taken('--report') : undefined
const written = reports === undefined ? undefined : await mkdtemp(join(tmpdir(), 'lightbus-report-'))
try {
  if (redis) console.error(`Redis: ${redis.how}`)
  process.exitCode = await run([
    '--import=tsx',
    '--conditions=@lightbus/source',
    'packages/transport-testkit/src/lightbus-conformance.ts',
    topology?.harness ?? harnesses[name],
    ...args,
    ...(written === undefined ? [] : ['--report', written]),
  ])
  if (written !== undefined) await keepReports()
} finally {
  await redis?.stop()
  if (written !== undefined) await rm(written, { recursive: true, force: true })
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
    if (topology) {
      const { kind, version, how } = await findBinary('distribution')
      return { url: '', how: `${kind} ${version}, ${how}, ${topology.what}`, stop: async () => {} }
    }
    const { url, kind, version, how, stop } = await startServer(server)
    return { url, how: `${kind} ${version}, ${how}`, stop }
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
}

/** Under the name of the server, with what it was below the heading. */
async function keepReports() {
  const kept = server === undefined || server === 'distribution' ? 'redis' : `redis-${server}`
  await mkdir(reports, { recursive: true })
  const markdown = await readFile(join(written, 'redis.md'), 'utf8')
  await writeFile(join(reports, `${kept}.md`), markdown.replace('\n\n', `\n\nShown on ${redis.how}.\n\n`))
  const data = JSON.parse(await readFile(join(written, 'redis.json'), 'utf8'))
  await writeFile(
    join(reports, `${kept}.json`),
    `${JSON.stringify({ ...data, shownOn: redis.how }, undefined, 2)}\n`,
  )
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
