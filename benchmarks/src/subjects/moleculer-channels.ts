import { Middleware } from '@moleculer/channels'
import { ServiceBroker, type Middleware as BrokerMiddleware } from 'moleculer'
import type { Payload, Place, Subject } from '../subject.ts'

// What it declares asks for the options of every adapter, and is no middleware to its own framework.
const channels = Middleware as unknown as (options: object) => BrokerMiddleware

type ChannelBroker = ServiceBroker & { sendToChannel(name: string, payload: Payload): Promise<void> }

/** Each broker is by itself: they have nothing in common but the stream. */
function brokerAt({ url }: Place, nodeID: string): ChannelBroker {
  const adapter = { type: 'Redis', options: { redis: { url } } }
  return new ServiceBroker({
    nodeID: `${nodeID}-${process.pid}`,
    namespace: 'bench',
    logger: false,
    middlewares: [channels({ adapter })],
  }) as ChannelBroker
}

/** There is one for speed and safety alike: what these settings do, they do only for events that have failed. */
export const moleculerChannelsSubject: Subject = {
  name: 'Moleculer channels',
  variant: 'safety',
  settings:
    'Redis streams, three attempts, then dead-lettered, unfinished events taken over after a minute; no validation, it has none; the length of the stream is not limited',
  broker: 'redis',
  events: {
    isDurable: true,
    async firing(place) {
      const broker = brokerAt(place, 'firer')
      await broker.start()
      return { fire: (payload) => broker.sendToChannel('happened', payload), stop: () => broker.stop() }
    },
    async handling(place, { concurrency, handled }) {
      const broker = brokerAt(place, 'handler')
      broker.createService({
        name: 'listener',
        channels: {
          happened: {
            maxInFlight: concurrency,
            maxRetries: 3,
            deadLettering: { enabled: true, queueName: 'dead-letters' },
            redis: { startID: '0', minIdleTime: 60_000 },
            handler: handled,
          },
        },
      })
      await broker.start()
      return { stop: () => broker.stop() }
    },
  },
}
