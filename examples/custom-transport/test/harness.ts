import { mkdtempSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Harness, Inspection } from '@lightbus/transport-testkit'
import { journals } from '../src/file-event-transport.ts'
import { transportModule } from '../src/index.ts'
import { optionProofs } from './option-proofs.ts'

export { transportModule }

/** What the kit needs to prove the file transport: every case has a directory of its own. */
export const harness: Harness = {
  namespace: () => mkdtempSync(join(tmpdir(), 'lightbus-files-')),
  options: (_, directory) => ({ file: join(directory, 'events.jsonl') }),
  patienceMs: 5_000,
  inspect,
  optionProofs,
  cleanUp: (directory) => rm(directory, { recursive: true, force: true }),
}

async function inspect(directory: string): Promise<Inspection> {
  const journal = journals.get(join(directory, 'events.jsonl'))
  const groups = [...(journal?.groups ?? [])].map(([name, { unsettled, members }]) => ({
    name,
    pending: [...unsettled.values()].filter(({ isHeld }) => isHeld).length,
    consumers: [...members].map((_, index) => `member ${index}`),
  }))
  const names = await readdir(directory).catch(() => [])
  return {
    connections: journal?.holders ?? 0,
    keys: names.map((name) => ({ name, ttlMs: undefined })),
    groups,
  }
}
