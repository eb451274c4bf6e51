import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEventMessage, realClock, type TransportContext } from '@lightbus/core/transport'
import type { OptionProofs } from '@lightbus/transport-testkit'
import { expect } from 'chai'
import { transportModule } from '../src/index.ts'

/** That each option has an effect. */
export const optionProofs: OptionProofs = {
  'event.directory': () =>
    inDirectory('shop.orders.jsonl', async (directory) => {
      const events = transportModule.event.create({ directory }, context)
      await events.open()
      await events.send(createEventMessage({ apiName: 'shop.orders', eventName: 'placed', parameters: {} }))
      await events.close()
    }),

  'schema.directory': () =>
    inDirectory('shop.orders.schema', async (directory) => {
      const schemas = transportModule.schema.create({ directory }, context)
      await schemas.open()
      await schemas.store({ apiName: 'shop.orders', events: {}, rpcs: {} }, { ttlMs: undefined })
      await schemas.close()
    }),
}

const context: TransportContext = {
  serviceName: 'shop',
  processName: 'shop-1',
  clock: realClock,
  report: () => undefined,
}

async function inDirectory(fileName: string, act: (directory: string) => Promise<void>): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), 'lightbus-files-'))
  const directory = join(parent, 'made', 'when opened')
  try {
    await act(directory)
    expect(existsSync(join(directory, fileName)), `whether ${fileName} is there`).to.equal(true)
  } finally {
    rmSync(parent, { recursive: true })
  }
}
