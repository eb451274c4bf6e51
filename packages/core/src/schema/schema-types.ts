import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from '../api/api-schema.ts'
import { isSchema, listOf, pointedAt, recordOf } from '../api/value-alternatives.ts'
import {
  intersectionOf,
  named,
  neverType,
  stringText,
  unionOf,
  unknownType,
  type TypeMember,
  type TypeNode,
} from './type-node.ts'

/** Where a schema stands: the document that its references point into, and whose it is. */
export interface TypePlace {
  readonly document: JsonSchema
  /** `check_password`: what a type is called by that has no better name. */
  readonly of: string
}

interface Declared {
  readonly schema: JsonSchema
  readonly document: JsonSchema
  type: TypeNode
}

/** Makes types of schemas; those that are referred to or have a title get a name, and are declared once. */
export class SchemaTypes {
  readonly #declared = new Map<string, Declared>()

  /** Names that are taken already. */
  constructor(taken: readonly string[]) {
    for (const name of taken) this.#declared.set(name, { schema: {}, document: {}, type: neverType })
    this.#taken = taken.length
  }

  readonly #taken: number

  /** The named types, in the order in which they were met. */
  declared(): readonly (readonly [name: string, type: TypeNode, says: readonly string[]])[] {
    return [...this.#declared]
      .slice(this.#taken)
      .map(([name, { type, schema }]) => [name, type, wordsOf(schema)] as const)
  }

  typeOf(schema: unknown, place: TypePlace): TypeNode {
    if (schema === false) return neverType
    if (!isSchema(schema)) return unknownType
    const { $ref: reference, title } = schema
    if (typeof reference === 'string') return this.#referred(reference, place)
    const isTitled = typeof title === 'string' && /^[A-Za-z_]\w*$/.test(title) && 'properties' in schema
    if (isTitled && schema !== place.document) return this.#named(pascalCase(title), schema, place)
    return this.#unnamed(schema, place)
  }

  /** The members of an object, in order. */
  membersOf(schema: JsonSchema, place: TypePlace): readonly TypeMember[] {
    const required = listOf(schema['required'])
    return Object.entries(recordOf(schema['properties']))
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, property]) => ({
        name,
        type: this.typeOf(property, place),
        isOptional: !required.includes(name),
        says: wordsOf(property),
      }))
  }

  /** What further properties of an object may be; undefined where nothing is said of them. */
  furtherOf(schema: JsonSchema, members: readonly TypeMember[], place: TypePlace): TypeNode | undefined {
    const { additionalProperties: additional, patternProperties: patterns } = schema
    const further = [
      ...Object.values(recordOf(patterns)).map((pattern) => this.typeOf(pattern, place)),
      ...(additional === undefined || additional === false ? [] : [this.typeOf(additional, place)]),
    ]
    if (further.length === 0) return undefined
    const isLess = members.some(({ isOptional }) => isOptional) ? [named('undefined')] : []
    return unionOf([...further, ...members.map(({ type }) => type), ...isLess])
  }

  #referred(reference: string, place: TypePlace): TypeNode {
    const target = pointedAt(place.document, reference)
    if (!isSchema(target)) return target === false ? neverType : unknownType
    const name = reference.split('/').at(-1) ?? ''
    return this.#named(pascalCase(name === '#' ? `${place.of}_value` : name), target, place)
  }

  #named(wanted: string, schema: JsonSchema, place: TypePlace): TypeNode {
    const names = [wanted, `${pascalCase(place.of)}${wanted}`]
    for (let count = 2; ; count++) {
      const name = names.shift() ?? `${wanted}${count}`
      const known = this.#declared.get(name)
      if (known && !isSame(known, { schema, document: place.document })) continue
      if (!known) {
        const declared: Declared = { schema, document: place.document, type: unknownType }
        this.#declared.set(name, declared)
        const type = this.#unnamed(schema, place)
        // A type that is nothing but itself would be an error.
        declared.type = type.is === 'name' && type.text === name ? unknownType : type
      }
      return named(name)
    }
  }

  #unnamed(schema: JsonSchema, place: TypePlace): TypeNode {
    const each = (ways: unknown): readonly TypeNode[] => listOf(ways).map((way) => this.typeOf(way, place))
    const { anyOf, oneOf, allOf, $ref: reference } = schema
    const type = intersectionOf([
      this.#own(schema, place),
      ...(typeof reference === 'string' ? [this.#referred(reference, place)] : []),
      ...each(allOf),
      ...[anyOf, oneOf].filter(Array.isArray).map((ways) => unionOf(each(ways))),
    ])
    return schema['nullable'] === true ? unionOf([type, named('null')]) : type
  }

  /** What the schema itself says, without what it is composed of. */
  #own(schema: JsonSchema, place: TypePlace): TypeNode {
    const { type } = schema
    if ('const' in schema) return literalType(schema['const'])
    if (Array.isArray(schema['enum'])) return unionOf(schema['enum'].map(literalType))
    const isComposed = ['anyOf', 'oneOf', 'allOf'].some((key) => key in schema)
    if (type === undefined && ('properties' in schema || 'patternProperties' in schema))
      return this.#object(schema, place)
    if (isComposed && type === 'object' && !('properties' in schema)) return unknownType
    if (Array.isArray(type)) return unionOf(type.map((one) => this.#ofType(one, schema, place)))
    return this.#ofType(type, schema, place)
  }

  #ofType(type: unknown, schema: JsonSchema, place: TypePlace): TypeNode {
    if (type === 'string' || type === 'boolean' || type === 'null' || type === 'number') return named(type)
    if (type === 'integer') return named('number')
    if (type === 'array') return this.#array(schema, place)
    return type === 'object' ? this.#object(schema, place) : unknownType
  }

  #object(schema: JsonSchema, place: TypePlace): TypeNode {
    const members = this.membersOf(schema, place)
    const further = this.furtherOf(schema, members, place)
    const isAny = members.length === 0 && !further && schema['additionalProperties'] !== false
    return { is: 'object', members, further: isAny ? unknownType : further }
  }

  #array(schema: JsonSchema, place: TypePlace): TypeNode {
    const { items, additionalItems, prefixItems, minItems, maxItems } = schema
    const first = Array.isArray(items) ? items : listOf(prefixItems)
    if (first.length === 0) return { is: 'array', of: this.typeOf(items, place) }
    const rest = Array.isArray(items) ? additionalItems : items
    const least = typeof minItems === 'number' ? minItems : 0
    const isFull = rest === false || (typeof maxItems === 'number' && maxItems <= first.length)
    return {
      is: 'tuple',
      of: first.map((item, index) => ({ type: this.typeOf(item, place), isOptional: index >= least })),
      rest: isFull ? undefined : this.typeOf(rest, place),
    }
  }
}

/** What a schema says for people. */
export function wordsOf(schema: unknown): readonly string[] {
  const { description, default: value, format, examples, deprecated } = recordOf(schema)
  return [
    ...(typeof description === 'string' && description.trim() !== '' ? [description] : []),
    ...(typeof format === 'string' ? [`@format ${format}`] : []),
    ...(value === undefined ? [] : [`@default ${JSON.stringify(value)}`]),
    ...listOf(examples).map((example) => `@example ${JSON.stringify(example)}`),
    ...(deprecated === true ? ['@deprecated'] : []),
  ]
}

/** `my_company.auth` is `MyCompanyAuth`. */
export function pascalCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const text = words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('')
  return /^[A-Za-z]/.test(text) ? text : `Type${text}`
}

function literalType(value: unknown): TypeNode {
  if (typeof value === 'string') return named(stringText(value))
  if (Array.isArray(value))
    return { is: 'tuple', of: value.map((item) => ({ type: literalType(item), isOptional: false })) }
  if (!isSchema(value)) return named(JSON.stringify(value))
  const members = Object.entries(value).map(([name, item]) => ({ name, type: literalType(item) }))
  return { is: 'object', members }
}

function isSame(one: Pick<Declared, 'schema' | 'document'>, other: Pick<Declared, 'schema' | 'document'>) {
  if (!isDeepStrictEqual(one.schema, other.schema)) return false
  const definitions = ({ document }: typeof one): unknown => [document['definitions'], document['$defs']]
  return (
    one.document === other.document ||
    !JSON.stringify(one.schema).includes('"$ref"') ||
    isDeepStrictEqual(definitions(one), definitions(other))
  )
}
