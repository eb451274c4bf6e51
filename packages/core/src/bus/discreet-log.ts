import type { Log } from '../contracts/log.ts'

/**
 * A log that writes of errors what is certain to be no data of messages: class, code, message, stack and causes. What else an error carries (an answer,
 * a request, the data of a remote failure) only goes to debug.
 */
export function discreetLog(log: Log): Log {
  return {
    debug: (facts, message) => log.debug(facts, message),
    info: (facts, message) => log.info(discreet(facts), message),
    warn: (facts, message) => log.warn(discreet(facts), message),
    error: (facts, message) => log.error(discreet(facts), message),
  }
}

function discreet(facts: object): object {
  return 'err' in facts && facts.err !== undefined ? { ...facts, err: written(facts.err) } : facts
}

const longestStack = 8_192
const mostCauses = 5

// Of the same class, so that whoever reads the log's facts still recognizes it.
function written(error: unknown, causes = mostCauses): unknown {
  if (!(error instanceof Error)) return String(error)
  const { name, code } = error as { readonly name: string; readonly code?: unknown }
  const message = unquoted(error)
  const copy = Object.create(Object.getPrototypeOf(error) as object) as object
  const hidden = (key: PropertyKey, value: unknown): void =>
    void Object.defineProperty(copy, key, { value, configurable: true, writable: true })
  hidden('message', message)
  hidden('name', name)
  hidden('stack', error.stack?.replace(error.message, () => message).slice(0, longestStack))
  if (error.cause !== undefined && causes > 0) hidden('cause', written(error.cause, causes - 1))
  if (error instanceof AggregateError)
    hidden('errors', causes > 0 ? error.errors.map((each) => written(each, causes - 1)) : [])
  // By which errors of the bus are recognized.
  for (const key of Object.getOwnPropertySymbols(error))
    if (!Object.prototype.propertyIsEnumerable.call(error, key)) hidden(key, Reflect.get(error, key))
  return typeof code === 'string' ? Object.assign(copy, { code }) : copy
}

// The parser of JSON quotes what it was given, which is often the payload.
function unquoted({ message, name }: Error): string {
  return name === 'SyntaxError' && message.endsWith('is not valid JSON')
    ? 'The text is not valid JSON'
    : message
}
