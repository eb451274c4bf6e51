import { payloadOf, type Load, type Payload, type Place, type Subject, type Yield } from '../subject.ts'
import { plainClient } from './plain-client.ts'
import { startPython } from './python-process.ts'

/** Python calling Python, and handling what Python fires: it keeps up its loads by itself, and tells what came of them. */
export const pythonLightbusSubject: Subject = {
  name: 'Python Lightbus',
  variant: 'safety',
  settings:
    'as it is by default: every message validated and cast on both sides; events read in batches of the size that others have as their concurrency',
  broker: 'redis',
  calls: {
    serve: (place) => startPython('serve', configOf(place)),
    async connect(place) {
      const { ask, stop } = await startPython('call', configOf(place))
      return {
        call: (payload) => ask('call', payload),
        callFor: (load) => ask('callFor', withPayload(load)) as Promise<Yield>,
        stop,
      }
    },
  },
  events: {
    isDurable: true,
    async firing(place) {
      const { ask, stop } = await startPython('fire', configOf(place))
      return {
        fire: (payload) => ask('fire', payload),
        fireFor: (load) => ask('fireFor', withPayload(load)) as Promise<Yield>,
        stop,
      }
    },
    async handling(place, { concurrency, handled }) {
      await createGroup(place)
      return startPython('handle', configOf(place, concurrency), ({ handled: payload }) => {
        if (payload) handled(payload)
      })
    },
  },
}

function withPayload({ ms, inFlight, bytes }: Load): { ms: number; inFlight: number; payload: Payload } {
  return { ms, inFlight, payload: payloadOf(bytes) }
}

function configOf({ url }: Place, batch?: number): object {
  const transport = { redis: { url } }
  return {
    service_name: 'bench',
    bus: { schema: { transport } },
    apis: {
      default: {
        rpc_timeout: 60,
        event_transport: { redis: { url, ...(batch && { batch_size: batch }) } },
        rpc_transport: transport,
        result_transport: transport,
      },
    },
  }
}

/** As Python would itself, which does so only some time after it has started, and first takes away groups that have no consumer. */
async function createGroup(place: Place): Promise<void> {
  const redis = plainClient(place)
  const group = ['bench.*:stream', 'bench-bench'] as const
  await redis.xgroup('CREATE', ...group, '$', 'MKSTREAM').catch(() => undefined)
  await redis.xgroup('CREATECONSUMER', ...group, 'nobody')
  await redis.quit()
}
