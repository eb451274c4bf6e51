import type { WrittenConfig } from '@lightbus/core'
import { expect } from 'chai'
import { busError, transports } from '../each-transport.ts'
import { placeOn, shopBus } from './stage.ts'

for (const transport of transports) {
  describe(`a configuration with a mistake, over ${transport}`, () => {
    /** Where the key stands, the key that is wrong, and the one that was meant. */
    const misspelt = [
      ['', 'servic_name', 'service_name'],
      ['bus', 'log_levle', 'log_level'],
      ['bus.schema', 'on_conflct', 'on_conflict'],
      ['apis.default', 'rpc_timout', 'rpc_timeout'],
      ['apis.default.retry', 'atempts', 'attempts'],
      ['apis.default.validate', 'outgoin', 'outgoing'],
      [`apis.default.event_transport.${transport}`, 'max_stream_lenght', 'max_stream_length'],
      [`apis.default.rpc_transport.${transport}`, 'max_message_byte', 'max_message_bytes'],
      [`apis.default.result_transport.${transport}`, 'result_tll', 'result_ttl'],
      [`bus.schema.transport.${transport}`, 'namspace', 'namespace'],
      ['listeners.mail', 'concurency', 'concurrency'],
      ['listeners.mail.retry', 'dely', 'delay'],
    ] as const

    it('is refused for any key that is not known, wherever it stands, with the one that was meant', async () => {
      await using place = placeOn(transport)
      for (const [path, key, meant] of misspelt) {
        // A copy in which nothing stands in two places.
        const config = JSON.parse(JSON.stringify(place.config)) as WrittenConfig
        let section = config as Record<string, unknown>
        for (const part of path.split('.').filter(Boolean))
          section = (section[part] ??= {}) as Record<string, unknown>
        section[key] = 1
        const error = await busError(shopBus(config).start())
        expect(error.code, key).to.equal('BUS_CONFIG_INVALID')
        expect(error.message).to.contain(key).and.to.contain(`did you mean "${meant}"?`)
        expect(error.facts['problems'], key).to.have.lengthOf(1)
      }
    })
  })
}
