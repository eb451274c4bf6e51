import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { schemaUnsupported } from '../errors/catalogue.ts'
import type { JsonSchema } from './api-schema.ts'
import { classKind, isInstance, unfit, type BusClass } from './value-kinds.ts'

/** A schema whose values are the instances of a class. */
export interface InstanceSchema<T> {
  readonly '~standard': StandardSchemaV1.Props<T, T> & StandardJSONSchemaV1.Props<T, T>
}

/**
 * Describes the instances of a class: they are sent as what their method `toBus` returns, and come back from the class's static `fromBus`.
 * `Date`, `URL`, `Uint8Array` and `Buffer` need neither. The JSON Schema says what is on the wire. Throws `BUS_SCHEMA_UNSUPPORTED` for a class
 * without `fromBus`.
 */
export function instance<T>(of: BusClass<T>, json?: JsonSchema): InstanceSchema<T> {
  const kind = classKind(of)
  if (!kind) throw schemaUnsupported({ path: of.name, vendor, why: 'the class has no static fromBus' })
  const published = (): Record<string, unknown> => ({ ...(json ?? kind.json) })
  return {
    '~standard': {
      version: 1,
      vendor,
      jsonSchema: { input: published, output: published },
      validate(value) {
        const revived = kind.revive(value)
        if (revived !== unfit && isInstance(of, revived)) return { value: revived as T }
        const issue = { message: `must be ${of.name}`, expected: of.name }
        return { issues: [issue] }
      },
    },
  }
}

const vendor = 'lightbus'
