import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { ApiSchema, SchemaTransport } from '@lightbus/core/transport'
import { FileTransport } from './file-transport.ts'

/** Schemas in files, one for each API, each with the time at which it expires. */
export class FileSchemaTransport extends FileTransport implements SchemaTransport {
  readonly features = { ttl: true }

  async store(
    schema: ApiSchema,
    { ttlMs }: { readonly ttlMs: number | undefined },
  ): Promise<{ readonly replaced?: ApiSchema }> {
    return this.use((journal) => {
      const replaced = this.#alive(journal.directory).find(({ apiName }) => apiName === schema.apiName)
      const path = journal.pathOf(schema.apiName, 'schema')
      const expiresAtMs = ttlMs === undefined ? undefined : this.context.clock.now() + ttlMs
      // Whole or not at all.
      writeFileSync(`${path}.new`, JSON.stringify({ expiresAtMs, schema }))
      renameSync(`${path}.new`, path)
      return replaced && !isDeepStrictEqual(replaced, schema) ? { replaced } : {}
    })
  }

  async load(): Promise<readonly ApiSchema[]> {
    return this.use(({ directory }) => this.#alive(directory))
  }

  #alive(directory: string): readonly ApiSchema[] {
    const names = readdirSync(directory).filter((name) => name.endsWith('.schema'))
    return names.flatMap((name) => this.#read(join(directory, name)) ?? [])
  }

  #read(path: string): ApiSchema | undefined {
    try {
      const stored = JSON.parse(readFileSync(path, 'utf8')) as {
        readonly expiresAtMs?: number
        readonly schema: ApiSchema
      }
      const { apiName, events, rpcs } = stored.schema
      if (typeof apiName !== 'string' || !(events && rpcs)) throw new TypeError('It is no schema of an API.')
      if ((stored.expiresAtMs ?? Infinity) > this.context.clock.now()) return stored.schema
      rmSync(path)
    } catch {
      // Not what the error says, which may quote the file.
      const message = `The schema in ${path} cannot be read, and is left out.`
      this.context.report({ type: 'unreadable', transport: this.name, message })
    }
    return undefined
  }
}
