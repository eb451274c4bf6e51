import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { ApiSchema, SchemaTransport } from '@lightbus/core/transport'
import { FileTransport } from './file-transport.ts'

interface Stored {
  readonly schema: ApiSchema
  readonly expiresAtMs?: number | undefined
}

/** Schemas in files, one for each API, each with the time at which it expires. */
export class FileSchemaTransport extends FileTransport implements SchemaTransport {
  readonly features = { ttl: true }

  async store(schema: ApiSchema, { ttlMs }: { readonly ttlMs: number | undefined }) {
    return this.use((journal) => {
      const path = journal.pathOf(schema.apiName, 'schema')
      const replaced = existsSync(path) ? this.#read(path) : undefined
      const expiresAtMs = ttlMs === undefined ? undefined : this.context.clock.now() + ttlMs
      // Whole or not at all.
      writeFileSync(`${path}.new`, JSON.stringify({ schema, expiresAtMs } satisfies Stored))
      renameSync(`${path}.new`, path)
      return replaced && !isDeepStrictEqual(replaced, schema) ? { replaced } : {}
    })
  }

  async load(): Promise<readonly ApiSchema[]> {
    return this.use(({ directory }) => {
      const names = readdirSync(directory).filter((name) => name.endsWith('.schema'))
      return names.flatMap((name) => this.#read(join(directory, name)) ?? [])
    })
  }

  #read(path: string): ApiSchema | undefined {
    try {
      const { schema, expiresAtMs = Infinity } = JSON.parse(readFileSync(path, 'utf8')) as Stored
      if (!(schema.apiName && schema.events && schema.rpcs)) throw new TypeError('It is no schema of an API.')
      if (expiresAtMs > this.context.clock.now()) return schema
      rmSync(path)
    } catch {
      // Without what the error says, which may quote the file.
      const message = `The schema in ${path} cannot be read, and is left out.`
      this.context.report({ type: 'unreadable', transport: this.name, message })
    }
    return undefined
  }
}
