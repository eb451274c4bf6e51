import { describeTransport } from '@lightbus/transport-testkit'
import { harness, transportModule } from './harness.ts'

describeTransport(transportModule, harness)
