import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { realClock } from '@lightbus/core/transport'
import type { OptionProofs } from '@lightbus/transport-testkit'
import { expect } from 'chai'
import { transportModule } from '../src/index.ts'

const context = { serviceName: 'shop', processName: 'shop-1', clock: realClock, report: () => undefined }

/** That the option has an effect. */
export const optionProofs: OptionProofs = {
  'event.file': async () => {
    const directory = mkdtempSync(join(tmpdir(), 'lightbus-files-'))
    const file = join(directory, 'chosen.jsonl')
    try {
      const events = transportModule.event.create({ file }, context)
      await events.open()
      await events.close()
      expect(existsSync(file), 'whether the file is there').to.equal(true)
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
}
