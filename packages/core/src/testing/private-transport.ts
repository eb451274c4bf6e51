import { randomUUID } from 'node:crypto'
import type { TransportSelector } from '../config/config.ts'

/** The transport of a test: the given one, or that which TEST_TRANSPORT names, in a namespace that nobody else has; Redis where REDIS_URL says. */
export function privateTransport(given?: TransportSelector): TransportSelector {
  const selector = given ?? { [process.env['TEST_TRANSPORT'] || 'memory']: {} }
  const namespace = `test-${randomUUID()}:`
  const url = process.env['REDIS_URL']
  return Object.fromEntries(
    Object.entries(selector).map(([name, options]) => {
      if (name === 'memory') return [name, { namespace, ...options }]
      return [name, name === 'redis' ? { namespace, ...(url ? { url } : {}), ...options } : options]
    }),
  )
}
