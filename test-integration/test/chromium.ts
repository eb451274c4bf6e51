import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** The Chromium of this machine, if there is one. */
export function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path))
}

/** A page in a browser of its own, and what it did that a quiet page does not. */
export interface BrowserPage {
  readonly requests: readonly string[]
  readonly complaints: readonly string[]
  resize(width: number, height: number): Promise<void>
  /** Says what colours the reader prefers. */
  prefer(scheme: 'light' | 'dark'): Promise<void>
  visit(url: string): Promise<void>
  evaluate<T>(expression: string): Promise<T>
  press(key: string): Promise<void>
  screenshot(): Promise<Buffer>
  close(): Promise<void>
}

/** Starts the browser and opens an empty page in it. */
export async function openChromium(path: string): Promise<BrowserPage> {
  const profile = await mkdtemp(join(tmpdir(), 'lightbus-chromium-'))
  const ways = ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe']
  const child = spawn(path, [...ways, '--no-first-run', `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const wire = new Wire(child.stdio[3] as Writable, child.stdio[4] as Readable)
  const { targetId } = await wire.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await wire.send<{ sessionId: string }>('Target.attachToTarget', {
    targetId,
    flatten: true,
  })
  wire.session = sessionId
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await wire.send(`${domain}.enable`)
  return {
    requests: wire.requests,
    complaints: wire.complaints,
    resize: async (width, height) => {
      const metrics = { width, height, deviceScaleFactor: 1, mobile: width < 600 }
      await wire.send('Emulation.setDeviceMetricsOverride', metrics)
    },
    prefer: async (value) => {
      const features = [{ name: 'prefers-color-scheme', value }]
      await wire.send('Emulation.setEmulatedMedia', { features })
    },
    visit: async (url) => {
      // By way of an empty page, since a link within a page loads nothing.
      for (const next of ['about:blank', url]) {
        const loaded = wire.next('Page.loadEventFired')
        await wire.send('Page.navigate', { url: next })
        await loaded
      }
    },
    evaluate: async <T>(expression: string) => {
      const asked = { expression, returnByValue: true, awaitPromise: true, userGesture: true }
      const { result, exceptionDetails } = await wire.send<Evaluated<T>>('Runtime.evaluate', asked)
      if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails))
      return result.value
    },
    press: async (key) => {
      const text = key.length === 1 ? { text: key } : {}
      await wire.send('Input.dispatchKeyEvent', { type: 'keyDown', key, ...text })
      await wire.send('Input.dispatchKeyEvent', { type: 'keyUp', key })
    },
    screenshot: async () => {
      const { data } = await wire.send<{ data: string }>('Page.captureScreenshot', { format: 'png' })
      return Buffer.from(data, 'base64')
    },
    close: async () => {
      child.kill('SIGKILL')
      await ended
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

interface Evaluated<T> {
  readonly result: { readonly value: T }
  readonly exceptionDetails?: object
}

interface Incoming {
  readonly id?: number
  readonly method?: string
  readonly params?: {
    readonly request?: { readonly url: string }
    readonly entry?: { readonly text: string }
  }
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/** The browser's own protocol: JSON texts that end with a zero byte. */
class Wire {
  readonly requests: string[] = []
  readonly complaints: string[] = []
  session: string | undefined
  readonly #out: Writable
  readonly #waiting = new Map<number | string, (message: Incoming) => void>()
  #lastId = 0
  #rest = ''

  constructor(out: Writable, incoming: Readable) {
    this.#out = out
    incoming.setEncoding('utf8').on('data', (text: string) => {
      const messages = `${this.#rest}${text}`.split('\0')
      this.#rest = messages.pop() ?? ''
      for (const message of messages) this.#take(JSON.parse(message) as Incoming)
    })
  }

  async send<T = unknown>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#lastId
    const answered = new Promise<Incoming>((resolve) => this.#waiting.set(id, resolve))
    const session = this.session === undefined ? {} : { sessionId: this.session }
    this.#out.write(`${JSON.stringify({ id, method, params, ...session })}\0`)
    const { result, error } = await answered
    if (error) throw new Error(`${method}: ${error.message}`)
    return result as T
  }

  next(method: string): Promise<Incoming> {
    return new Promise((resolve) => this.#waiting.set(method, resolve))
  }

  #take(message: Incoming): void {
    const { id, method = '', params } = message
    if (params?.request && method === 'Network.requestWillBeSent') this.requests.push(params.request.url)
    if (['Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded'].includes(method))
      this.complaints.push(JSON.stringify(params))
    const about = id ?? method
    this.#waiting.get(about)?.(message)
    this.#waiting.delete(about)
  }
}
