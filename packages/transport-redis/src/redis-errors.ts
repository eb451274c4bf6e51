import { BusError, defineError, transportUnavailable } from '@lightbus/core/transport'

/** Redis answered, and trying again cannot help: wrong password, no permission, a key of another type, too old a server. */
export const redisRefused = defineError(
  'BUS_REDIS_REFUSED',
  (f: { address: string; why: string }) =>
    `Redis at ${f.address} refused: ${f.why}. Check the url, the user's permissions and what else uses these keys.`,
)

const terminal = /^(WRONGPASS|NOAUTH|NOPERM|WRONGTYPE|ERR invalid password|ERR .*AUTH|ERR Client sent AUTH)/
// Before Redis 7 an error from within a script has the code somewhere inside: "ERR Error running script ...: -OOM ...".
const transient =
  /(^|: -)(LOADING|READONLY|OOM|MISCONF|MASTERDOWN|BUSY|TRYAGAIN|CLUSTERDOWN|MOVED|ASK|NOREPLICAS|UNBLOCKED)\b/

/** The address of a server as people may see it: without user, password and query. */
export function publicAddress(url: string): string {
  try {
    const { protocol, host, pathname, searchParams } = new URL(url)
    if (protocol === 'unix:') return `unix://${pathname}?db=${searchParams.get('db') ?? 0}`
    return `${protocol}//${host}${pathname}`
  } catch {
    return 'redis (the url cannot be read)'
  }
}

/** What the bus is told of an error of the client or the server. Retriable unless the server has said no for good. */
export function redisError(error: unknown, address: string): BusError {
  if (error instanceof BusError) return error
  const text = error instanceof Error ? error.message || error.name : String(error)
  const isRefusal = terminal.test(text) || (isReply(error) && !transient.test(text))
  return isRefusal
    ? redisRefused({ address, why: text })
    : transportUnavailable({ transport: 'redis', address, why: reason(error, text) })
}

/** Whether the server answered with this error code, such as `NOGROUP`, be it from within a script. */
export function isReplyError(error: unknown, code: string): boolean {
  return error instanceof Error && error.message.includes(code)
}

function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError'
}

function reason(error: unknown, text: string): string {
  const code = (error as { code?: unknown } | undefined)?.code
  if (/^(Stream isn't writeable|Reached the max retries)/.test(text)) return 'the connection is lost'
  return typeof code === 'string' && !text.includes(code) ? `${code} ${text}` : text
}
