import { Redis } from 'ioredis'
import { openMonitor, type Command } from './monitor.ts'
import { until } from './stopwatch.ts'

const ownName = 'scale-watch'

/** Looks at the server from outside, with a client of its own. */
export class ServerWatch {
  readonly redis: Redis
  readonly #url: string

  constructor(url: string) {
    this.#url = url
    this.redis = new Redis(url, { connectionName: ownName })
  }

  /** Which server it is. */
  async version(): Promise<string> {
    const info = await this.redis.info('server')
    const found = (name: string) => new RegExp(`${name}:(\\S+)`).exec(info)?.[1]
    const valkey = found('valkey_version')
    return valkey ? `Valkey ${valkey}` : `Redis ${found('redis_version')}`
  }

  /** For how many milliseconds the longest command of others kept everybody waiting. */
  async longestMs(act: () => Promise<unknown>): Promise<number> {
    await this.redis.config('SET', 'slowlog-log-slower-than', 50, 'slowlog-max-len', 100_000)
    await this.redis.slowlog('RESET')
    await act()
    const slow = (await this.redis.slowlog('GET', 100_000)) as unknown as SlowCommand[]
    await this.redis.config('SET', 'slowlog-log-slower-than', -1)
    const others = slow.filter(([, , , , , name]) => name !== ownName)
    return Math.max(0, ...others.map(([, , microseconds]) => microseconds)) / 1_000
  }

  /** How many commands others give, and how many bytes they send for that. */
  async load(act: () => Promise<unknown>): Promise<{ readonly commands: number; readonly bytes: number }> {
    const before = await this.#stats()
    await act()
    const after = await this.#stats()
    // The second look counts itself.
    const own = after.ownBytes
    return { commands: after.commands - before.commands - 1, bytes: after.bytes - before.bytes - own }
  }

  /** How many connections have this name. */
  async connections(name: string): Promise<number> {
    const list = (await this.redis.client('LIST')) as string
    return list.split('\n').filter((line) => line.includes(` name=${name} `)).length
  }

  /** What everybody asks of the server while it happens, scripts included; the act sees it grow. */
  async monitored(act: (commands: readonly Command[]) => Promise<unknown>): Promise<readonly Command[]> {
    const commands: Command[] = []
    const monitor = await openMonitor(this.#url, (command) => commands.push(command))
    await act(commands)
    // Once it has seen this, it has seen all that was before.
    const last = `seen ${commands.length}`
    const indexOfLast = () => commands.findLastIndex(({ words }) => words[1] === last)
    await this.redis.echo(last)
    await until('all of it was seen', () => indexOfLast() >= 0)
    monitor.close()
    return commands.slice(0, indexOfLast())
  }

  close(): void {
    this.redis.disconnect()
  }

  async #stats() {
    const info = await this.redis.info('stats')
    const number = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1] ?? 0)
    return {
      commands: number('total_commands_processed'),
      bytes: number('total_net_input_bytes'),
      ownBytes: '*2\r\n$4\r\ninfo\r\n$5\r\nstats\r\n'.length,
    }
  }
}

type SlowCommand = [
  id: number,
  time: number,
  microseconds: number,
  words: string[],
  from: string,
  name: string,
]
