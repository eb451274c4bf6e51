import { Logger, type PipeTransform } from '@nestjs/common'
import { ClientProxyFactory, EventPattern, MessagePattern, RpcException } from '@nestjs/microservices'
import { firstValueFrom, lastValueFrom, timeout, type Observable } from 'rxjs'
import { z } from 'zod'
import type { Handling, Payload, Place, Subject } from '../subject.ts'
import { nestListening, nestRedis } from './nest-service.ts'

const schema = z.object({ order: z.number(), note: z.string() })

/** The validating pipe of its documentation, for whatever arrives. */
const checking: PipeTransform = {
  transform(value: unknown, { type }) {
    if (type !== 'body') return value
    const { data, error } = schema.safeParse(value)
    if (error) throw new RpcException(error.message)
    return data
  },
}

const serving = { on: MessagePattern('echo'), handle: (sent: Payload) => sent }
const handling = (handled: Handling['handled']) => ({ on: EventPattern('happened'), handle: handled })

function nest(variant: Subject['variant']): Subject {
  const isSafe = variant === 'safety'
  const pipes = isSafe ? [checking] : []
  const connecting = async (place: Place) => {
    Logger.overrideLogger(false)
    const client = ClientProxyFactory.create(nestRedis(place, isSafe))
    await client.connect()
    return client
  }
  const inTime = <T>(answer: Observable<T>) => (isSafe ? answer.pipe(timeout(60_000)) : answer)
  return {
    name: 'NestJS microservices',
    variant,
    settings: isSafe
      ? 'Redis transport, reconnecting, a pipe that validates with zod whatever arrives, calls with a timeout'
      : 'Redis transport without pipes, timeouts and reconnecting, as it is by default',
    broker: 'redis',
    calls: {
      serve: (place) => nestListening(nestRedis(place, isSafe), pipes, serving),
      async connect(place) {
        const client = await connecting(place)
        return {
          call: (payload) => firstValueFrom(inTime(client.send('echo', payload))),
          stop: async () => void (await client.close()),
        }
      },
    },
    asService: (place, { handled }) =>
      nestListening(nestRedis(place, isSafe), pipes, serving, handling(handled)),
    events: {
      isDurable: false,
      async firing(place) {
        const client = await connecting(place)
        return {
          fire: (payload) =>
            lastValueFrom(inTime(client.emit('happened', payload)), { defaultValue: undefined }),
          stop: async () => void (await client.close()),
        }
      },
      handling: (place, { handled }) => nestListening(nestRedis(place, isSafe), pipes, handling(handled)),
    },
  }
}

export const nestSubjects: readonly Subject[] = [nest('safety'), nest('speed')]
