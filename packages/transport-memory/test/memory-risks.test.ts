import { randomUUID } from 'node:crypto'
import { realClock } from '@lightbus/core/transport'
import { expect } from 'chai'
import { transportModule } from '../src/index.ts'
import { rejection } from './processes.ts'

describe('the risks of memory', () => {
  for (const kind of ['event', 'rpc', 'result', 'schema'] as const)
    it(`are one for a ${kind} transport, which loses everything with the process`, async () => {
      const context = { serviceName: 's', processName: 'p', clock: realClock, report: () => undefined }
      const transport = transportModule[kind].create({ namespace: randomUUID() }, context)
      await transport.open()
      const risks = await transport.risks()
      await transport.close()
      expect(risks).to.have.length(1)
      expect(risks[0]).to.include({ severity: 'warning', setting: 'transport', value: 'memory' })
      expect(risks[0]?.risk).to.contain('lost with the process')
      expect(await rejection(transport.risks())).to.have.property('code', 'BUS_TRANSPORT_CLOSED')
    })
})
