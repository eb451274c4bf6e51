import { randomUUID } from 'node:crypto'
import { describeTransport } from '@lightbus/transport-testkit'
import { transportModule } from '../src/index.ts'

describeTransport(transportModule, {
  namespace: () => randomUUID(),
  options: (_kind, namespace) => ({ namespace }),
})
