import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'
import type { Address } from './proxied-connection.ts'

const patienceMs = 10_000
// A server goes as soon as whoever started it has gone, however that was.
const guard = '"$@" >/dev/null 2>&1 & server=$!; cat >/dev/null; kill -9 $server; wait $server'

/** A Redis of our own: it can be killed, started again with what it had kept, and has replicas. */
export class OwnRedis implements Address {
  readonly host = '127.0.0.1'
  readonly port: number
  private readonly program: string
  private readonly folder: string
  private readonly settings: readonly string[]
  private process: ChildProcess

  private constructor(program: string, port: number, settings: readonly string[]) {
    this.program = program
    this.port = port
    this.settings = settings
    this.folder = mkdtempSync(join(tmpdir(), 'lightbus-kit-'))
    this.process = this.spawned()
    process.once('exit', () => this.removeFolder())
  }

  /** One that keeps whatever it has answered for. */
  static async start(program: string): Promise<OwnRedis> {
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always']
    const replicating = ['--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0']
    return OwnRedis.started(program, [...durable, ...replicating])
  }

  private static async started(program: string, settings: readonly string[]): Promise<OwnRedis> {
    const own = new OwnRedis(program, await freePort(), settings)
    await own.ready()
    return own
  }

  /** Killed, and started again. */
  async restart(): Promise<void> {
    await this.kill()
    this.process = this.spawned()
    await this.ready()
  }

  /** A server with all that this one has now, and nothing of what comes later. */
  async staleReplica(): Promise<OwnRedis> {
    const replica = await OwnRedis.started(this.program, ['--replicaof', this.host, String(this.port)])
    await this.ask(async (redis) => {
      // Replicated only after all that was written before.
      for (const late = deadline(); ; late()) {
        await redis.set('kit-checkpoint', 1, 'EX', 60)
        if ((await redis.wait(1, 1_000)) === 1) return
      }
    })
    await replica.ask((redis) => redis.call('REPLICAOF', 'NO', 'ONE'))
    return replica
  }

  /** Ends it, and forgets what it had. */
  async stop(): Promise<void> {
    await this.kill()
    this.removeFolder()
  }

  private async kill(): Promise<void> {
    const ended = once(this.process, 'exit')
    this.process.stdin?.destroy()
    await ended
  }

  private removeFolder(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  private spawned(): ChildProcess {
    const place = ['--port', String(this.port), '--bind', this.host, '--dir', this.folder, '--save', '']
    const shell = spawn('sh', ['-c', guard, 'sh', this.program, ...place, ...this.settings], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    shell.unref()
    // A pipe to a child is a socket, which need not keep this process.
    if (shell.stdin && 'unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref()
    return shell
  }

  /** Waits until it answers, having loaded what it had kept. */
  private async ready(): Promise<void> {
    const answers = (): Promise<boolean> => this.ask((redis) => redis.ping()).then(Boolean, () => false)
    for (const late = deadline(); !(await answers()); late()) await pause(10)
  }

  private async ask<T>(act: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis({
      host: this.host,
      port: this.port,
      lazyConnect: true,
      retryStrategy: () => null,
    })
    redis.on('error', () => undefined)
    try {
      await redis.connect()
      return await act(redis)
    } finally {
      redis.disconnect()
    }
  }
}

/** To be called in a loop that waits: throws when that takes too long. */
function deadline(): () => void {
  const endsAt = performance.now() + patienceMs
  return () => {
    if (performance.now() > endsAt) throw new Error(`A Redis was not ready after ${patienceMs} ms.`)
  }
}
