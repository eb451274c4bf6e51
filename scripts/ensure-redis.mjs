import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const composeFile = new URL('../docker/compose.yaml', import.meta.url)
const settings = ['--save', '', '--appendonly', 'no']

/**
 * A Redis for tests: the one at REDIS_URL, or a private one that `stop` ends and that also ends when this process dies.
 *
 * @returns {Promise<{ url: string, how: string, stop: () => Promise<void> }>}
 */
export async function ensureRedis() {
  const given = process.env.REDIS_URL
  if (given) return { url: given, how: 'REDIS_URL', stop: async () => {} }

  const tried = []
  const onPath = findOnPath('redis-server')
  if (onPath) return startServer(onPath, `a private ${onPath}`)
  tried.push('no redis-server on the PATH')

  const installer = findInstaller()
  if (installer) {
    console.log(`There is no redis-server here; installing one with ${installer.name}.`)
    const failure = installer.run()
    const installed = failure ? undefined : findOnPath('redis-server')
    if (installed) return startServer(installed, `a private ${installed}, installed with ${installer.name}`)
    tried.push(`${installer.name} could not install it: ${failure ?? 'it left no redis-server on the PATH'}`)
  } else {
    tried.push('it cannot be installed: neither apt-get as root nor brew is there')
  }

  if (findOnPath('docker') && succeeds('docker', ['info'], 15_000)) {
    const image = await imageOfCompose()
    return startContainer(image)
  }
  tried.push('no docker engine answers')

  throw new Error(
    `The tests need a Redis and could not get one: ${tried.join('; ')}. Do one of these and run again: ` +
      'install redis-server 6.2 or later (Debian and Ubuntu: sudo apt-get install redis-server; macOS: brew install redis), ' +
      'start Docker, or set REDIS_URL to a Redis whose data may be deleted.',
  )
}

function findOnPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not in this folder.
    }
  }
  return undefined
}

function succeeds(command, args, timeout) {
  return spawnSync(command, args, { stdio: 'ignore', timeout }).status === 0
}

function findInstaller() {
  if (process.getuid?.() === 0 && findOnPath('apt-get')) return { name: 'apt-get', run: installWithApt }
  if (findOnPath('brew'))
    return { name: 'brew', run: () => runInstaller('brew', ['install', '--quiet', 'redis']) }
  return undefined
}

function installWithApt() {
  return (
    runInstaller('apt-get', ['update', '-qq']) ??
    runInstaller('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'])
  )
}

/** Undefined when it went well, otherwise why not. */
function runInstaller(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const done = spawnSync(command, args, { encoding: 'utf8', env, timeout: 300_000 })
  if (done.status === 0) return undefined
  const lastLines = `${done.stderr ?? ''}`.trim().split('\n').slice(-3).join(' ')
  return `${command} ${args[0]}: ${done.error?.message ?? (lastLines || `exit code ${done.status}`)}`
}

async function imageOfCompose() {
  const compose = await readFile(composeFile, 'utf8')
  return /^\s*image:\s*(\S+)/m.exec(compose)?.[1] ?? 'redis:7'
}

async function startServer(command, how) {
  const folder = await mkdtemp(join(tmpdir(), 'lightbus-redis-'))
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  try {
    return await startOnFreePort(how, removeFolder, 15_000, (port) => [
      command,
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--daemonize',
      'no',
      ...settings,
    ])
  } catch (error) {
    await removeFolder()
    throw error
  }
}

async function startContainer(image) {
  if (!succeeds('docker', ['image', 'inspect', image], 15_000)) {
    console.log(`Pulling ${image}.`)
    if (!succeeds('docker', ['pull', '--quiet', image], 300_000)) {
      throw new Error(`docker pull ${image} failed. Install redis-server, or set REDIS_URL.`)
    }
  }
  return startOnFreePort(
    `a container of ${image}`,
    async () => {},
    60_000,
    (port) => [
      'docker',
      'run',
      '--rm',
      '--publish',
      `127.0.0.1:${port}:6379`,
      image,
      'redis-server',
      ...settings,
    ],
  )
}

/** Somebody may take the free port before Redis does, so it is tried more than once. */
async function startOnFreePort(how, cleanUp, patienceMs, commandFor) {
  let lastFailure
  for (let attempt = 1; attempt <= 3; attempt++) {
    const port = await findFreePort()
    const guarded = startGuarded(commandFor(port))
    if (await answersWithin(port, patienceMs, guarded)) {
      const stop = async () => {
        await guarded.stop()
        await cleanUp()
      }
      return { url: `redis://127.0.0.1:${port}/0`, how, stop }
    }
    await guarded.stop()
    lastFailure = guarded.output().trim().split('\n').slice(-5).join('\n')
  }
  throw new Error(`Redis (${how}) did not start:\n${lastFailure}`)
}

/**
 * Runs a command under a shell that ends it when its own standard input closes, which it does whenever this process ends, however it
 * ends. The shell lets go of its output, so that the output ends when the command does.
 */
function startGuarded(command) {
  const script =
    'exec 3<&0; "$@" 3<&- </dev/null & child=$!; exec >&- 2>&-; cat <&3 >/dev/null; kill $child; wait $child'
  const shell = spawn('sh', ['-c', script, 'sh', ...command], { stdio: 'pipe', detached: true })
  const exited = new Promise((resolve) => shell.once('close', resolve).once('error', resolve))
  let output = ''
  let ended = false
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text))
  shell.stdout.once('end', () => (ended = true))
  shell.stdin.on('error', () => {})
  return {
    output: () => output,
    hasEnded: () => ended,
    stop: async () => {
      shell.stdin.end()
      await exited
    },
  }
}

async function answersWithin(port, patienceMs, guarded) {
  const deadline = Date.now() + patienceMs
  while (Date.now() < deadline && !guarded.hasEnded()) {
    // Its own word first: another server may answer on a port that this one could not get.
    if (guarded.output().includes('Ready to accept connections') && (await answersPing(port))) return true
    await sleep(25)
  }
  return false
}

function answersPing(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const finish = (answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1000, () => finish(false))
    socket.once('error', () => finish(false))
    socket.once('close', () => finish(false))
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', (data) => finish(data.toString().startsWith('+PONG')))
  })
}

function findFreePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
