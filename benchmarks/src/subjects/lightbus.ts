import { createBus, defineApi, event, procedure } from '@lightbus/core'
import { z } from 'zod'
import type { Caller, Firer, Handling, Place, Started, Subject } from '../subject.ts'

const payload = { order: z.number(), note: z.string() }

const bench = defineApi('bench', {
  events: { happened: event(payload) },
  procedures: { echo: procedure(payload, z.object(payload)) },
})

/** With validation, as it is by default, or without. */
function lightbus(broker: Subject['broker'], variant: Subject['variant']): Subject {
  const isChecking = variant === 'safety'
  const busAt = ({ url }: Place) => busOf(broker, url, isChecking)
  return {
    name: broker === 'redis' ? 'Lightbus' : 'Lightbus, in memory',
    variant,
    settings: isChecking
      ? 'as it is by default: every message validated and cast on both sides, events retried and dead-lettered'
      : 'the same without validation and casting',
    broker,
    calls: {
      async serve(place): Promise<Started> {
        const bus = busAt(place)
        bus.serve(bench, { echo: (sent) => sent })
        await bus.start()
        return { stop: async () => void (await bus.stop()) }
      },
      async connect(place): Promise<Caller> {
        const bus = busAt(place)
        await bus.configure()
        return { call: (sent) => bus.bench.echo(sent), stop: async () => void (await bus.stop()) }
      },
    },
    async asService(place, { concurrency, handled }): Promise<Started> {
      const bus = busAt(place)
      bus.serve(bench, { echo: (sent) => sent })
      bus.bench.happened.listen(handled, { listenerName: 'bench', concurrency })
      await bus.start()
      return { stop: async () => void (await bus.stop()) }
    },
    events: {
      isDurable: true,
      async firing(place): Promise<Firer> {
        const bus = busAt(place)
        bus.serve(bench, { echo: (sent) => sent })
        await bus.configure()
        return { fire: (sent) => bus.bench.happened.fire(sent), stop: async () => void (await bus.stop()) }
      },
      async handling(place, { concurrency, handled }: Handling): Promise<Started> {
        const bus = busAt(place)
        bus.bench.happened.listen(handled, { listenerName: 'bench', concurrency })
        await bus.start()
        return { stop: async () => void (await bus.stop()) }
      },
    },
  }
}

function busOf(broker: Subject['broker'], url: string, isChecking: boolean) {
  const transport = broker === 'redis' ? { redis: { url } } : { memory: { namespace: 'bench' } }
  return createBus({
    serviceName: 'bench',
    apis: [bench],
    logLevel: 'error',
    config: {
      bus: { schema: { transport } },
      apis: {
        default: {
          rpc_timeout: 60,
          validate: isChecking,
          cast_values: isChecking,
          event_transport: transport,
          rpc_transport: transport,
          result_transport: transport,
        },
      },
    },
  })
}

export const lightbusSubjects: readonly Subject[] = [
  lightbus('redis', 'safety'),
  lightbus('redis', 'speed'),
  lightbus('none', 'safety'),
]
