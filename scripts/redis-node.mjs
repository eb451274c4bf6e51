// One process of Redis or Valkey, with a folder and a port of its own.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'

const patienceMs = 20_000
const readyWords = 'Ready to accept connections'
const host = '127.0.0.1'
const rmOptions = { recursive: true, force: true }
// Below those that outgoing connections get, so that a port is still free after a restart; a Cluster's bus is 10,000 above.
const [lowestPort, ports, busDistance] = [20_000, 10_000, 10_000]

/**
 * Starts a server that ends with this process. `settings` gets `{ port, folder }` and answers with arguments; `ready` is
 * what the server says once it serves. One in the background does not keep this process from ending.
 *
 * @returns the node: `port`, `folder`, `start()`, `end({ kill })`, `restart({ kill })`, `stop()`, which removes the folder
 */
export async function startNode(binary, settings, { ready = readyWords, isBackground = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'lightbus-redis-'))
  let lastWords = ''
  for (let attempt = 1; attempt <= 3; attempt++) {
    const port = await findFreePort()
    const start = async () => {
      const process = startGuarded([binary.path, ...binary.settings, ...(await settings({ port, folder }))])
      if (await says(process, ready)) {
        if (isBackground) process.unref()
        return process
      }
      lastWords = process.lastWords()
      await process.end(true)
      return undefined
    }
    const process = await start()
    if (process && isBackground) globalThis.process.once('exit', () => rmSync(folder, rmOptions))
    if (process) return node({ port, folder, start, process, lastWords: () => lastWords })
  }
  await rm(folder, rmOptions)
  throw new Error(`${binary.how} did not start:\n${lastWords}`)
}

function node({ port, folder, start, process, lastWords }) {
  const self = {
    port,
    folder,
    start: async () => {
      process ??= await start()
      if (!process) throw new Error(`The server on port ${port} did not start again:\n${lastWords()}`)
    },
    end: async ({ kill = false } = {}) => {
      await process?.end(kill)
      process = undefined
    },
    restart: async (how) => {
      await self.end(how)
      await self.start()
    },
    stop: async () => {
      await self.end({ kill: true })
      await rm(folder, rmOptions)
    },
  }
  return self
}

/** The arguments that every server here gets, on a plain port and forgetting everything unless it is persistent. */
export function plainSettings({ port, folder }, persistent = false) {
  return asArguments({
    port,
    bind: host,
    dir: folder,
    daemonize: 'no',
    save: '',
    appendonly: persistent ? 'yes' : 'no',
    'repl-diskless-sync-delay': 0,
  })
}

/** Settings as a server takes them on its command line. */
export function asArguments(settings) {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
}

/** Does it with a client of its own for a server on this port. */
export async function ask(port, act) {
  const client = new Redis({ host, port, lazyConnect: true, retryStrategy: () => null })
  client.on('error', () => {})
  try {
    await client.connect()
    return await act(client)
  } finally {
    client.disconnect()
  }
}

/** Waits until it holds; what throws does not hold yet. Rejects with what it waited for after 20 s. */
export async function until(what, holds) {
  const deadline = Date.now() + patienceMs
  let failure = ''
  while (Date.now() < deadline) {
    try {
      if (await holds()) return
    } catch (error) {
      failure = `: ${error.message}`
    }
    await sleep(50)
  }
  throw new Error(`Waited ${patienceMs / 1_000} s in vain until ${what}${failure}`)
}

/**
 * Runs a command under a shell that ends it when its own standard input closes, which it does whenever this process ends,
 * however it ends. A line on its input names another signal.
 */
function startGuarded(command) {
  const script =
    'exec 3<&0; "$@" 3<&- </dev/null & child=$!; exec >&- 2>&-; read -r signal <&3; kill -${signal:-TERM} $child; wait $child'
  const shell = spawn('sh', ['-c', script, 'sh', ...command], { stdio: 'pipe', detached: true })
  const exited = new Promise((resolve) => shell.once('close', resolve).once('error', resolve))
  let output = ''
  let hasEnded = false
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text))
  shell.stdout.once('end', () => (hasEnded = true))
  shell.stdin.on('error', () => {})
  return {
    output: () => output,
    hasEnded: () => hasEnded,
    lastWords: () => output.trim().split('\n').slice(-5).join('\n'),
    unref: () => [shell, ...shell.stdio].forEach((each) => each?.unref()),
    end: async (kill) => {
      shell.stdin.end(kill ? 'KILL\n' : '')
      await exited
    },
  }
}

/** Its own word is asked for: another server may answer on a port that this one could not get. */
async function says(process, words) {
  const deadline = Date.now() + patienceMs
  while (Date.now() < deadline && !process.hasEnded()) {
    if (process.output().includes(words)) return true
    await sleep(20)
  }
  return false
}

async function findFreePort() {
  for (;;) {
    const port = lowestPort + Math.floor(Math.random() * ports)
    if ((await isFree(port)) && (await isFree(port + busDistance))) return port
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}
