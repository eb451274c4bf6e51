import { createBus, type Api, type WrittenConfig } from '@lightbus/core'
import type { Redis } from 'ioredis'
import { transportModule } from '../src/index.ts'

interface Place {
  readonly url: string
  readonly namespace: string
}

const nothing = (): void => undefined

/** A bus of which all four transports are at one place, where its connections are known by the name of its service. */
export function busAt<const Apis extends readonly Api[]>(place: Place, serviceName: string, apis: Apis) {
  const redis = { ...place, url: `${place.url}?connectionName=${serviceName}` }
  const transports = { event_transport: { redis }, rpc_transport: { redis }, result_transport: { redis } }
  const config: WrittenConfig = {
    bus: { schema: { transport: { redis } } },
    apis: { default: { ...transports, rpc_timeout: 60 } },
  }
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
  return createBus({ apis, config, serviceName, log, transports: { redis: transportModule } })
}

/** The addresses from which the service of that name is connected. */
export async function connectionsOf(redis: Redis, serviceName: string): Promise<readonly string[]> {
  const list = (await redis.client('LIST')) as string
  const lines = list.split('\n').filter((line) => line.includes(` name=${serviceName} `))
  return lines.map((line) => / addr=(\S+)/.exec(line)?.[1] ?? '')
}
