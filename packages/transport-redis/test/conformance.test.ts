import { randomUUID } from 'node:crypto'
import { describeTransport } from '@lightbus/transport-testkit'
import { transportModule } from '../src/index.ts'
import { url } from './redis-fixture.ts'

describeTransport(transportModule, {
  namespace: () => `kit-${randomUUID()}:`,
  options: (_, namespace) => ({ namespace, url }),
})
