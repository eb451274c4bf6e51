import { Controller, Module, type PipeTransform } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Transport, type RedisOptions } from '@nestjs/microservices'
import type { Redis } from 'ioredis-6'
import type { Payload, Place, Started } from '../subject.ts'

interface Listening {
  /** What it listens for: its decorator of methods. */
  readonly on: MethodDecorator
  readonly handle: (sent: Payload) => unknown
}

/** The same for a service and its clients, who share no URL with it but its parts. */
export function nestRedis(
  { url }: Place,
  isReconnecting: boolean,
): RedisOptions & { transport: Transport.REDIS } {
  const { hostname, port, pathname, username, password } = new URL(url)
  return {
    transport: Transport.REDIS,
    options: {
      host: hostname,
      port: Number(port || 6379),
      db: Number(pathname.slice(1)),
      ...(username && { username }),
      ...(password && { password }),
      ...(isReconnecting && { retryAttempts: 10, retryDelay: 100 }),
    },
  }
}

/** A service with a controller of one method for each. */
export async function nestListening(
  redis: RedisOptions,
  pipes: readonly PipeTransform[],
  ...listenings: readonly Listening[]
): Promise<Started> {
  class BenchModule {}
  Module({ controllers: listenings.map(controllerOf) })(BenchModule)

  const service = await NestFactory.createMicroservice(BenchModule, { ...redis, logger: false })
  service.useGlobalPipes(...pipes)
  await service.listen()
  // It does not wait for its subscription, which an answer on the same connection comes after.
  const [, subscribed] = service.unwrap<[Redis, Redis]>()
  await subscribed.ping()
  return { stop: () => service.close() }
}

/** Its decorators are called, as functions that they are. */
function controllerOf({ on, handle }: Listening): new () => object {
  class BenchController {
    handle(sent: Payload): unknown {
      return handle(sent)
    }
  }
  const { prototype } = BenchController
  on(prototype, 'handle', Object.getOwnPropertyDescriptor(prototype, 'handle') ?? {})
  Controller()(BenchController)
  return BenchController
}
