import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { configUnreadable } from '../errors/catalogue.ts'

export interface ConfigSource {
  /** For messages: the path or URL, without credentials. */
  readonly source: string
  /** Where the transports named in it are resolved from. */
  readonly directory: string
  readonly text: string
}

const fetchTimeoutMs = 10_000

/** Reads a configuration from a path or an `http(s)://` URL. Throws `BUS_CONFIG_UNREADABLE`. */
export async function readConfigSource(location: string): Promise<ConfigSource> {
  if (/^https?:\/\//i.test(location)) return readUrl(location)
  try {
    return { source: location, directory: dirname(resolve(location)), text: await readFile(location, 'utf8') }
  } catch (error) {
    throw configUnreadable({ source: location, why: whyUnreadable(error as NodeJS.ErrnoException) }, error)
  }
}

function whyUnreadable(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such file'
  if (error.code === 'EISDIR') return 'it is a directory'
  if (error.code === 'EACCES') return 'this process may not read it'
  return error.message
}

async function readUrl(location: string): Promise<ConfigSource> {
  if (!URL.canParse(location)) throw configUnreadable({ source: 'URL', why: 'it is no valid URL' })
  const url = new URL(location)
  const headers = authorization(url)
  // fetch refuses a URL with credentials, and would quote them; a query may hold a token.
  url.username = ''
  url.password = ''
  const source = url.origin + url.pathname
  try {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(fetchTimeoutMs) })
    if (!answer.ok) throw new Error(`the server answered ${answer.status} ${answer.statusText}`.trimEnd())
    return { source, directory: process.cwd(), text: await answer.text() }
  } catch (error) {
    // fetch says only "fetch failed"; the cause says why.
    const { message, cause } = error as Error
    const why = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : message
    throw configUnreadable({ source, why: why ?? message }, error)
  }
}

function authorization(url: URL): Record<string, string> {
  if (!url.username && !url.password) return {}
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}
