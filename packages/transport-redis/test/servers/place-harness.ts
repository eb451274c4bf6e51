import type { TransportOptions } from '@lightbus/core/transport'
import type { Harness } from '@lightbus/transport-testkit'
import { harness as usual, transportModule } from '../harness.ts'

export { transportModule }

const place = JSON.parse(process.env['LIGHTBUS_PLACE'] ?? '{}') as TransportOptions

/** The least that the kit needs: the options in `LIGHTBUS_PLACE` say where Redis is, and nobody looks behind the transport. */
export const harness: Harness = {
  namespace: usual.namespace,
  options(kind, namespace, wishes) {
    const { url: _, ...others } = usual.options(kind, namespace, wishes)
    return { ...others, ...place }
  },
  ...(usual.patienceMs === undefined ? {} : { patienceMs: usual.patienceMs }),
}
