import { appendFileSync, mkdtempSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Harness, Inspection } from '@lightbus/transport-testkit'
import { transportModule } from '../src/index.ts'
import { closeJournal, journals, openJournal } from '../src/journal.ts'
import { optionProofs } from './option-proofs.ts'

export { transportModule }

/** What the kit needs to prove the file transport: every case has a directory of its own. */
export const harness: Harness = {
  namespace: () => mkdtempSync(join(tmpdir(), 'lightbus-files-')),
  options: (_, directory) => ({ directory }),
  patienceMs: 5_000,
  inspect,
  async injectRaw(directory, place, raw) {
    if (place.kind === 'rpc' || place.kind === 'result')
      throw new Error(`There are no files of the kind ${place.kind}.`)
    const journal = openJournal(directory)
    if (place.kind === 'event') journal.events(place.apiName)
    appendFileSync(journal.pathOf(place.apiName, place.kind === 'event' ? 'jsonl' : 'schema'), `${raw}\n`)
    if (place.kind === 'event') journal.add(place.apiName, undefined)
    closeJournal(journal)
  },
  optionProofs,
  cleanUp: (directory) => rm(directory, { recursive: true, force: true }),
}

async function inspect(directory: string): Promise<Inspection> {
  const journal = journals.get(resolve(directory))
  const groups = [...(journal?.groups ?? [])].map(([name, { unsettled, members }]) => ({
    name,
    pending: [...unsettled].filter(({ isHeld }) => isHeld).length,
    consumers: [...members].map((_, index) => `member ${index}`),
  }))
  const names = await readdir(directory).catch(() => [])
  return {
    connections: journal?.holders ?? 0,
    keys: names.map((name) => ({ name, ttlMs: undefined })),
    groups,
  }
}
