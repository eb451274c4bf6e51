import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createBus, type Api } from '@lightbus/core'
import { Redis } from 'ioredis'
import { keepingLog, redisUrl } from '../test/each-transport.ts'
import { PythonService, type PythonOptions } from './python-service.ts'

// Within the repository, where the transports of the file are found.
const cache = fileURLToPath(new URL('../.cache', import.meta.url))
// Python has no namespaces: the fleet has a database to itself.
const database = 11

/** A file of configuration for Python and TypeScript alike, and the empty database that it names. */
export class Fleet {
  readonly config: string
  readonly redis: Redis
  readonly url: string
  readonly #folder: string
  readonly #members: AsyncDisposable[] = []

  private constructor(folder: string, url: string) {
    this.#folder = folder
    this.url = url
    this.config = join(folder, 'fleet.yaml')
    this.redis = new Redis(url)
  }

  /** Writes the file with the address of the test's Redis in the place of the usual one. */
  static async assemble(text?: string): Promise<Fleet> {
    const url = new URL(redisUrl())
    url.pathname = `/${database}`
    await mkdir(cache, { recursive: true })
    const fleet = new Fleet(await mkdtemp(join(cache, 'fleet-')), url.href)
    await fleet.redis.flushdb()
    const template = text ?? (await readFile(new URL('fleet.yaml', import.meta.url), 'utf8'))
    await writeFile(fleet.config, template.replaceAll('redis://127.0.0.1:6379/0', url.href))
    return fleet
  }

  /** Starts a Python service; it listens and serves when this resolves. */
  async python(options: Omit<PythonOptions, 'config'> = {}): Promise<PythonService> {
    const { processName = 'py' } = options
    const service = new PythonService({ config: this.config, processName, ...options })
    this.#members.push(service)
    const isReady = async (): Promise<boolean> => {
      const groups = await Promise.all(listened.map((stream) => this.consumers(stream)))
      return groups.every((consumers) => consumers.includes(processName)) && (await this.isServed('py.sums'))
    }
    await service.until(isReady, 'Python listens and serves')
    return service
  }

  /** A bus of ours, configured by the same file. */
  bus<const Apis extends readonly Api[]>(apis: Apis, processName = 'ts') {
    const { log, lines } = keepingLog()
    const bus = Object.assign(createBus({ apis, config: this.config, processName, log }), { lines })
    this.#members.push(bus)
    return bus
  }

  /** Changes the file for those who come later. */
  async edit(change: (text: string) => string): Promise<void> {
    await writeFile(this.config, change(await readFile(this.config, 'utf8')))
  }

  /** The consumers that have read from a stream, for whichever group. */
  async consumers(stream: string): Promise<readonly string[]> {
    // Python takes away groups that nobody has read for.
    const ask = (...about: [string, string] | [string, string, string]): Promise<string[][]> =>
      (this.redis.call('XINFO', ...about) as Promise<string[][]>).catch(() => [])
    const groups = await ask('GROUPS', stream)
    const each = await Promise.all(groups.map(([, name = '']) => ask('CONSUMERS', stream, name)))
    return each.flat().map(([, name = '']) => name)
  }

  async isServed(api: string): Promise<boolean> {
    return (await this.redis.exists(`schema:${api}`)) === 1
  }

  /** Ends all that belongs to it. */
  async disband(): Promise<void> {
    await Promise.all(this.#members.splice(0).map((member) => member[Symbol.asyncDispose]()))
    await this.redis.flushdb()
    await this.redis.quit()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

// The streams that the Python service listens on.
const listened = [
  ...['ts.values', 'ts.sums', 'ts.shared', 'ts.forgiven', 'ts.fatal'].map((api) => `${api}.*:stream`),
  'ts.tally.counted:stream',
]
