import { randomUUID } from 'node:crypto'
import type { TransportOptions } from '@lightbus/core/transport'
import type { Harness } from '@lightbus/transport-testkit'
import { transportModule } from '../../src/index.ts'
import { connectionName, kitOptions } from '../kit/kit-options.ts'
import { placeVariable } from './place-variable.ts'

export { transportModule }

const place = JSON.parse(process.env[placeVariable] ?? '{}') as TransportOptions

/** The least that the kit needs: the options in `LIGHTBUS_PLACE` say where Redis is, and nobody looks behind the transport. */
export const harness: Harness = {
  namespace: () => `kit-${randomUUID()}:`,
  options: (kind, namespace, wishes) => ({
    ...kitOptions(kind, namespace, wishes),
    url: `redis://ignored/0${connectionName(namespace)}`,
    ...place,
  }),
  patienceMs: 60_000,
}
