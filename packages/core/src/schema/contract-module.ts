import type { ApiSchema, JsonSchema } from '../api/api-schema.ts'
import { recordOf } from '../api/value-alternatives.ts'
import { pascalCase, SchemaTypes, wordsOf, type TypePlace } from './schema-types.ts'
import { sorted } from './schema-texts.ts'
import {
  commentLines,
  literalText,
  named,
  stringText,
  typeText,
  unionOf,
  type TypeMember,
  type TypeNode,
} from './type-node.ts'

/** With what every module begins that `lightbus types` has written, and no other does. */
export const contractHeader = '// Written by "lightbus types" from the published schema of '

/**
 * A module of TypeScript that exports the API of a schema, typed as a local definition would be. The same schema is always the same text. Members whose
 * names could not stand in a definition are left out.
 */
export function contractModule(schema: ApiSchema): string {
  const { apiName } = schema
  const [events, rpcs] = [usable(schema.events), usable(schema.rpcs)]
  const contract = `${pascalCase(apiName)}Contract`
  const types = new SchemaTypes([contract])
  const body = typeText({
    is: 'object',
    members: [
      { name: 'events', type: membersType(events, (name, event) => eventType(types, name, event)) },
      { name: 'procedures', type: membersType(rpcs, (name, rpc) => procedureType(types, name, rpc)) },
    ],
  })
  const declared = types
    .declared()
    .toSorted(([one], [other]) => inAlphabet(one, other))
    .map(([name, type, says]) => declaration(name, typeText(type), says))
  const says = [`What ${stringText(apiName)} offers, and takes.`]
  return [
    `${contractHeader}${stringText(apiName)}. What is changed by hand is lost.`,
    `import { publishedApi } from '@lightbus/core'\n`,
    ...declared,
    declaration(contract, body, says),
    `export const ${constantName(apiName)} = publishedApi<${stringText(apiName)}, ${contract}>(${stringText(
      apiName,
    )}, ${literalText(stable({ events, rpcs }))})\n`,
  ].join('\n')
}

type Members<T> = Readonly<Record<string, T>>

function usable<T>(members: Members<T>): Members<T> {
  const entries = Object.entries(members).filter(([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
  return Object.fromEntries(entries.toSorted(([one], [other]) => inAlphabet(one, other)))
}

function membersType<T extends { readonly parameters: JsonSchema }>(
  members: Members<T>,
  typeOf: (name: string, member: T) => TypeNode,
): TypeNode {
  const each = Object.entries(members).map(([name, member]): TypeMember => ({
    name,
    type: typeOf(name, member),
    says: wordsOf({
      description: member.parameters['description'],
      deprecated: member.parameters['deprecated'],
    }),
  }))
  return { is: 'object', members: each }
}

function eventType(types: SchemaTypes, name: string, { parameters }: ApiSchema['events'][string]): TypeNode {
  return { is: 'object', members: parametersMembers(types, parameters, { document: parameters, of: name }) }
}

function procedureType(
  types: SchemaTypes,
  name: string,
  { parameters, response }: ApiSchema['rpcs'][string],
): TypeNode {
  const takes = parametersMembers(types, parameters, { document: parameters, of: name })
  const type = types.typeOf(response, { document: response, of: name })
  return { is: 'object', members: [...takes, { name: 'result', type, says: wordsOf(response) }] }
}

function parametersMembers(types: SchemaTypes, schema: JsonSchema, place: TypePlace): readonly TypeMember[] {
  const members = types.membersOf(schema, place)
  const further = types.furtherOf(schema, members, place)
  const parameters: TypeMember = { name: 'parameters', type: { is: 'object', members, further } }
  const filled = members.filter(
    ({ name, isOptional }) =>
      isOptional && recordOf(recordOf(schema['properties'])[name])['default'] !== undefined,
  )
  // Beside an index signature no single one can be told apart.
  if (filled.length === 0 || further) return [parameters]
  return [parameters, { name: 'defaults', type: unionOf(filled.map(({ name }) => named(stringText(name)))) }]
}

function declaration(name: string, type: string, says: readonly string[]): string {
  return [...commentLines(says), `export type ${name} = ${type}`, ''].join('\n')
}

const reserved = new Set(
  `publishedApi arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if
  implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield`.split(
    /\s+/,
  ),
)

/** `my_company.auth` is `myCompanyAuth`. */
function constantName(apiName: string): string {
  const name = pascalCase(apiName)
  const camel = `${name[0]?.toLowerCase()}${name.slice(1)}`
  return reserved.has(camel) ? `${camel}Api` : camel
}

/** In order, also where the order is the publisher's whim: Python's sets have none. */
function stable(value: unknown): unknown {
  return sorted(inOrder(value))
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      if (key === 'default' || key === 'examples' || key === 'const' || key === 'enum') return [key, child]
      return [
        key,
        key === 'required' && Array.isArray(child) ? child.map(String).toSorted(inAlphabet) : inOrder(child),
      ]
    }),
  )
}

function inAlphabet(one: string, other: string): number {
  return one < other ? -1 : 1
}
