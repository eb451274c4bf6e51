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

function written(error: unknown, causes = mostCauses): object {
  if (!(error instanceof Error)) return plain({ type: typeof error, message: String(error) })
  const { code } = error as { readonly code?: unknown }
  const message = unquoted(error)
  return plain({
    type: error.constructor.name,
    ...(typeof code === 'string' ? { code } : {}),
    message,
    ...(error.stack === undefined
      ? {}
      : { stack: error.stack.replace(error.message, () => message).slice(0, longestStack) }),
    ...(error.cause === undefined || causes === 0 ? {} : { cause: written(error.cause, causes - 1) }),
    ...(error instanceof AggregateError && causes > 0
      ? { aggregateErrors: error.errors.map((each) => written(each, causes - 1)) }
      : {}),
  })
}

// The parser of JSON quotes what it was given, which is often the payload.
function unquoted({ message, name }: Error): string {
  return name === 'SyntaxError' && message.endsWith('is not valid JSON')
    ? 'The text is not valid JSON'
    : message
}

// Pino takes whatever has a message for an error, and its constructor for its class.
function plain(facts: object): object {
  return Object.assign(Object.create(null) as object, facts)
}
