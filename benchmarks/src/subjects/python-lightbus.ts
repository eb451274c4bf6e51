import { payloadOf, type Outcome, type Payload, type Place, type Run, type Subject } from '../subject.ts'
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
        callFor: (run) => ask('callFor', told(run)) as Promise<Outcome>,
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
        fireFor: (run) => ask('fireFor', told(run)) as Promise<Outcome>,
        stop,
      }
    },
    async handling(place, { concurrency, handled }) {
      await createGroup(place)
      return startPython('handle', configOf(place, concurrency), ({ handled: orders = [], note = '' }) => {
        for (const order of orders) handled({ order, note })
      })
    },
  },
}

function told({ ms, inFlight, bytes }: Run): { ms: number; inFlight: number; payload: Payload } {
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

/** As Python would itself, which does so only some time after it has started. */
async function createGroup(place: Place): Promise<void> {
  const redis = plainClient(place)
  await redis.xgroup('CREATE', 'bench.*:stream', 'bench-bench', '$', 'MKSTREAM').catch(() => undefined)
  await redis.quit()
}
