import { describeTransport } from '@lightbus/transport-testkit'
import { harness, transportModule } from './harness.ts'

before(() => {
  if (!process.env['REDIS_URL'])
    throw new Error('REDIS_URL is missing: these tests need a Redis server, redis://127.0.0.1:6379/15 say.')
})

describeTransport(transportModule, harness)
