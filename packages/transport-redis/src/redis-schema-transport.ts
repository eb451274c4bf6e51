import { isDeepStrictEqual } from 'node:util'
import type { ApiSchema, SchemaTransport } from '@lightbus/core/transport'
import { forgetSchemaScript, storeSchemaScript } from './call-scripts.ts'
import type { PlaceOptions } from './place-options.ts'
import { RedisTransport } from './redis-transport.ts'
import { runScript } from './run-script.ts'
import { decodeSchema, encodeSchema } from './schema-texts.ts'

/** Schemas as keys that expire, and a set of the names of those that may exist. */
export class RedisSchemaTransport extends RedisTransport<PlaceOptions> implements SchemaTransport {
  protected readonly kind = 'schema'
  readonly features = { ttl: true } as const

  async store(
    schema: ApiSchema,
    options: { readonly ttlMs: number | undefined },
  ): Promise<{ readonly replaced?: ApiSchema }> {
    const keys = [this.keys.schema(schema.apiName), this.keys.schemas()]
    const texts = [encodeSchema(schema, true), encodeSchema(schema, false)]
    const ttlMs = options.ttlMs === undefined ? 0 : Math.max(1, Math.ceil(options.ttlMs))
    const there = await this.attempt(() =>
      runScript(this.redis.commands, storeSchemaScript, keys, [...texts, ttlMs, schema.apiName]),
    )
    const replaced = typeof there === 'string' ? this.decoded(schema.apiName, there) : undefined
    return !replaced || isSame(replaced, schema) ? {} : { replaced }
  }

  async load(): Promise<readonly ApiSchema[]> {
    const { commands } = this.redis
    return this.attempt(async () => {
      const names = await commands.smembers(this.keys.schemas())
      if (names.length === 0) return []
      const texts = await commands.mget(names.map((name) => this.keys.schema(name)))
      const loaded = await Promise.all(names.map((name, index) => this.read(name, texts[index] ?? null)))
      return loaded.filter((schema) => schema !== undefined)
    })
  }

  private async read(apiName: string, text: string | null): Promise<ApiSchema | undefined> {
    if (text === null) {
      const keys = [this.keys.schema(apiName), this.keys.schemas()]
      await runScript(this.redis.commands, forgetSchemaScript, keys, [apiName])
      return undefined
    }
    return this.decoded(apiName, text)
  }

  private decoded(apiName: string, text: string): ApiSchema | undefined {
    try {
      return decodeSchema(apiName, text)
    } catch (error) {
      const message = `The published schema of "${apiName}" cannot be read and is left out.`
      this.context.report({ type: 'unreadable', transport: this.name, message, error })
      return undefined
    }
  }
}

/** Whether both mean the same once they have been written and read again. */
function isSame(stored: ApiSchema, schema: ApiSchema): boolean {
  return isDeepStrictEqual(stored, decodeSchema(schema.apiName, encodeSchema(schema, false)))
}
