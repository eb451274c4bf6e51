import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const patienceMs = 15_000

/** A Redis of this run's own that keeps on disk all that it has said yes to. Ends when this process ends, however it ends. */
export class RedisServer {
  readonly #binary: string
  readonly #folder: string
  readonly #port: number
  readonly #guard: ChildProcess
  #child: ChildProcess
  #failure: Error | undefined

  private constructor(binary: string, folder: string, port: number) {
    this.#binary = binary
    this.#folder = folder
    this.#port = port
    const guard = 'cat > /dev/null; kill -9 "$(cat "$0")" 2> /dev/null'
    this.#guard = spawn('sh', ['-c', guard, this.#pidFile], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    this.#child = this.#launch()
  }

  static async start(binary: string, folder: string): Promise<RedisServer> {
    mkdirSync(folder, { recursive: true })
    const server = new RedisServer(binary, folder, await freePort())
    try {
      await server.#answers()
      return server
    } catch (error) {
      await server.close()
      throw error
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}/0`
  }

  /** Starts again with what is on disk; resolves when it answers. */
  async start(): Promise<void> {
    this.#child = this.#launch()
    await this.#answers()
  }

  async kill(): Promise<void> {
    await this.#end(() => this.#child.kill('SIGKILL'))
  }

  async shutDown(): Promise<void> {
    await this.#end(() => void this.ask('SHUTDOWN').catch(() => undefined))
  }

  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  /** Closes connections of clients; returns how many. */
  async cut(which: 'all' | 'waiting' | 'one', pick: number): Promise<number> {
    const clients = (await this.ask('CLIENT LIST')).split('\n').filter((line) => line.includes('id='))
    const others = clients.filter((line) => !line.includes('cmd=client'))
    const meant =
      which === 'one'
        ? others.slice(pick % others.length, (pick % others.length) + 1)
        : others.filter((line) => which === 'all' || /flags=\w*b/.test(line))
    const ids = meant.flatMap((line) => /\bid=(\d+)/.exec(line)?.[1] ?? [])
    if (ids.length > 0) await this.ask(...ids.map((id) => `CLIENT KILL ID ${id}`))
    return ids.length
  }

  /** Says it to the server over a connection of its own, and returns all that it answers. */
  ask(...commands: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = ''
      const socket = connect(this.#port, '127.0.0.1')
      socket.setTimeout(patienceMs, () => socket.destroy(new Error('Redis does not answer')))
      socket.once('connect', () => socket.write([...commands, 'QUIT', ''].join('\r\n')))
      socket.on('data', (bytes) => (answer += bytes.toString()))
      socket.once('error', reject)
      socket.once('close', () => resolve(answer))
    })
  }

  async close(): Promise<void> {
    this.thaw()
    await this.kill()
    this.#guard.stdin?.end()
  }

  #launch(): ChildProcess {
    const log = openSync(join(this.#folder, 'server.log'), 'a')
    const child = spawn(this.#binary, this.#arguments(), { stdio: ['ignore', log, log] })
    closeSync(log)
    child.once('error', (error) => (this.#failure = error))
    return child
  }

  async #answers(): Promise<void> {
    const giveUpAt = performance.now() + patienceMs
    while (!(await this.#isReady())) {
      if (this.#failure !== undefined || hasEnded(this.#child) || performance.now() > giveUpAt)
        throw new Error(`"${this.#binary}" does not answer: ${this.#why()}`, { cause: this.#failure })
      await sleep(10)
    }
  }

  #why(): string {
    return this.#failure?.message ?? `see ${this.#folder}/server.log`
  }

  get #pidFile(): string {
    return join(this.#folder, 'server.pid')
  }

  #arguments(): readonly string[] {
    const settings = {
      port: this.#port,
      bind: '127.0.0.1',
      dir: this.#folder,
      pidfile: this.#pidFile,
      save: '',
      appendonly: 'yes',
      appendfsync: 'always',
      'maxmemory-policy': 'noeviction',
    }
    return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  }

  async #end(begin: () => void): Promise<void> {
    const child = this.#child
    if (hasEnded(child)) return
    const ended = once(child, 'exit')
    begin()
    await ended
  }

  // Its own number: another server may answer on a port that this one could not get.
  async #isReady(): Promise<boolean> {
    const answer = await this.ask('INFO server', 'PING').catch(() => '')
    return answer.includes(`process_id:${this.#child.pid}\r`) && answer.includes('+PONG')
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('There is no free port.')
  return address.port
}
