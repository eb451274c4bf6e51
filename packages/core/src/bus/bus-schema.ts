import type { ApiRegistry } from '../api/api-registry.ts'
import type { ApiSchema } from '../api/api-schema.ts'
import type { SchemaTransport } from '../contracts/schema-transport.ts'
import { apiUnknown, procedureUnknown } from '../errors/catalogue.ts'
import { createEventMessage } from '../messages/event-message.ts'
import { toPlain, type Parameters } from '../messages/plain-values.ts'
import { createCall } from '../messages/rpc-message.ts'
import { MessageValidator } from '../schema/message-validator.ts'
import { dumpSchemaFiles, loadSchemaFiles } from '../schema/schema-files.ts'
import type { SchemaRegistry } from '../schema/schema-registry.ts'
import { nearest } from '../util/nearest.ts'
import { splitPath } from './split-path.ts'

/**
 * The schemas that this process knows: those of the definitions, those that the bus has published as they were last seen, and those of local files,
 * in this order.
 */
export interface BusSchema {
  get(apiName: string): ApiSchema | undefined
  names(): readonly string[]
  /** The schemas of the APIs that this process serves, and so publishes. */
  owned(): readonly ApiSchema[]
  /** Asks the bus for what is published at this moment. Rejects as the transport does. */
  live(): Promise<readonly ApiSchema[]>
  /** Knows the schemas in a file, or in the `.json` files of a folder; resolves with the names of the APIs. Rejects with `BUS_SCHEMA_FILE_UNUSABLE`. */
  loadLocal(path: string): Promise<readonly string[]>
  /** Writes all that is known: to one file where the path ends in `.json`, else to a folder. Resolves with the files. Rejects with `BUS_SCHEMA_FILE_UNUSABLE`. */
  dump(path: string): Promise<readonly string[]>
  /**
   * Checks the parameters of an event or a procedure, `shop.place_order`, whatever `validate` says. Throws `BUS_EVENT_INVALID`,
   * `BUS_RPC_INVALID_PARAMETERS`, and `BUS_API_UNKNOWN` or `BUS_RPC_UNKNOWN_PROCEDURE` where there is no schema of it.
   */
  validateParameters(path: string, parameters: object): void
  /** The same for what a procedure returns. Throws `BUS_RPC_INVALID_RESULT`. */
  validateResult(path: string, value: unknown): void
}

export interface BusSchemaParts {
  readonly apis: ApiRegistry
  readonly schemas: SchemaRegistry
  readonly open: () => Promise<SchemaTransport>
}

/** The schemas of a bus, whether it has started or not. */
export function busSchemaOf({ apis, schemas, open }: BusSchemaParts): BusSchema {
  const always = { castValues: false, validate: { outgoing: true, incoming: true }, strictValidation: true }
  const validator = new MessageValidator(schemas, () => always)
  const known = (apiName: string): ApiSchema => {
    const schema = schemas.get(apiName)
    if (!schema) throw apiUnknown({ api: apiName, nearest: nearest(apiName, schemas.names()) })
    return schema
  }
  return {
    get: (apiName) => schemas.get(apiName),
    names: () => schemas.names(),
    owned: () => apis.owned().map(({ schema }) => schema),
    live: async () => (await open()).load(),
    async loadLocal(path) {
      const loaded = await loadSchemaFiles(path)
      schemas.addLocal(loaded)
      return loaded.map(({ apiName }) => apiName)
    },
    dump: (path) => dumpSchemaFiles(path, schemas.names().map(known)),
    validateParameters(path, parameters) {
      const [apiName, member] = splitPath(path)
      const plain = toPlain(parameters) as Parameters
      if (Object.hasOwn(known(apiName).events, member))
        validator.event(createEventMessage({ apiName, eventName: member, parameters: plain }), 'outgoing')
      else validator.call(createCall({ apiName, procedureName: member, parameters: plain }), 'outgoing')
    },
    validateResult(path, value) {
      const [api, procedure] = splitPath(path)
      const { rpcs } = known(api)
      if (!Object.hasOwn(rpcs, procedure))
        throw procedureUnknown({ api, procedure, nearest: nearest(procedure, Object.keys(rpcs)) })
      const call = createCall({ apiName: api, procedureName: procedure, parameters: {} })
      validator.result(call, toPlain(value ?? null), 'outgoing')
    },
  }
}
