import type { Harness } from '@lightbus/transport-testkit'
import { Redis } from 'ioredis'
import { harness as unlimited, transportModule } from '../harness.ts'
import { smallestUser } from './smallest-user.ts'

export { transportModule }

const { keyPrefix, name, password, rules } = await smallestUser()
await ask((redis) => redis.call('ACL', 'SETUSER', name, ...rules))

/** The harness of Redis, but the transport is a user with the permissions that `docs/redis-servers.md` names and no others. */
export const harness: Harness = {
  ...unlimited,
  namespace: () => `${keyPrefix}${unlimited.namespace()}`,
  options(kind, namespace, wishes) {
    const given = unlimited.options(kind, namespace, wishes)
    const url = new URL(String(given['url']))
    url.username = name
    url.password = password
    return { ...given, url: url.href }
  },
  entry: new URL(import.meta.url),
  async cleanUp(namespace) {
    await unlimited.cleanUp?.(namespace)
    const log = (await ask((redis) => redis.call('ACL', 'LOG'))) as readonly (readonly unknown[])[]
    await ask((redis) => redis.call('ACL', 'LOG', 'RESET'))
    // Said at once: a transport that lacks a permission may never come to an end.
    // Cases make users of their own, which are to be refused.
    for (const entry of log.filter((each) => field(each, 'username') === name))
      console.error(`The user was refused ${field(entry, 'object')}.`)
  },
}

/** As somebody who may do everything. */
async function ask<T>(act: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(String(unlimited.options('rpc', '', {})['url']))
  try {
    return await act(redis)
  } finally {
    redis.disconnect()
  }
}

function field(entry: readonly unknown[], key: string): string {
  return String(entry[entry.indexOf(key) + 1])
}
