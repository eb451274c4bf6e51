import { setImmediate } from 'node:timers/promises'
import { ServiceBroker, type BrokerOptions, type Context, type ServiceSchema } from 'moleculer'
import type { Handling, Payload, Place, Subject } from '../subject.ts'

const speed: BrokerOptions = { validator: false, metrics: false, tracing: false }
const safety: BrokerOptions = {
  requestTimeout: 60_000,
  retryPolicy: { enabled: true },
  circuitBreaker: { enabled: true },
  tracking: { enabled: true },
}
const params = { order: 'number', note: 'string' }

const serving: ServiceSchema = {
  name: 'bench',
  actions: { echo: { params, handler: ({ params: sent }: Context<Payload>) => sent } },
}

function listeningWith(handled: Handling['handled']): ServiceSchema {
  // By the name of this parameter it is known to be a context.
  const handler = (context: Context<Payload>): void => handled(context.params)
  return { name: 'listener', events: { 'bench.happened': { params, handler } } }
}

function moleculer(variant: Subject['variant']): Subject {
  const brokerAt = ({ url }: Place, nodeID: string): ServiceBroker =>
    new ServiceBroker({
      ...(variant === 'speed' ? speed : safety),
      nodeID: `${nodeID}-${process.pid}`,
      namespace: 'bench',
      transporter: url,
      logger: false,
    })
  return {
    name: 'Moleculer',
    variant,
    settings:
      variant === 'speed'
        ? 'no parameter validator, no metrics, no tracing'
        : 'parameters validated, calls with a timeout, retries and a circuit breaker, contexts tracked for an orderly stop',
    broker: 'redis',
    calls: {
      async serve(place) {
        const broker = brokerAt(place, 'server')
        broker.createService(serving)
        await broker.start()
        return { stop: () => broker.stop() }
      },
      async connect(place) {
        const broker = brokerAt(place, 'client')
        await broker.start()
        await broker.waitForServices('bench')
        return { call: (payload) => broker.call('bench.echo', payload), stop: () => broker.stop() }
      },
    },
    async asService(place, { handled }) {
      const broker = brokerAt(place, 'service')
      for (const part of [serving, listeningWith(handled)]) broker.createService(part)
      await broker.start()
      return { stop: () => broker.stop() }
    },
    events: {
      isDurable: false,
      async firing(place) {
        const broker = brokerAt(place, 'firer')
        await broker.start()
        await broker.waitForServices('listener')
        return {
          async fire(payload) {
            await broker.emit('bench.happened', payload)
            // It does not wait for Redis: who fires without a pause would let nothing be read or written.
            await setImmediate()
          },
          stop: () => broker.stop(),
        }
      },
      async handling(place, { handled }) {
        const broker = brokerAt(place, 'handler')
        broker.createService(listeningWith(handled))
        await broker.start()
        return { stop: () => broker.stop() }
      },
    },
  }
}

export const moleculerSubjects: readonly Subject[] = [moleculer('safety'), moleculer('speed')]
