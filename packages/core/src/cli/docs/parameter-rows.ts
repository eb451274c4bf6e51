import type { JsonSchema } from '../../api/api-schema.ts'
import { rulesInWords, typeInWords } from './in-words.ts'
import { alternativesOf, descriptionOf, isSchema, propertiesOf, requires, resolved } from './schema-view.ts'

/** A value within others, as a line of a table shows it. */
export interface Row {
  /** Where it stands: `lines[].`, empty at the top. */
  readonly within: string
  readonly name: string
  readonly isRequired: boolean
  readonly type: string
  readonly default?: string
  readonly description?: string
  readonly rules: readonly string[]
  /** Of which of several shapes it is a part. */
  readonly shape?: string
}

/** A line for each property, and for what is inside of it. A shape that contains itself is shown once. */
export function rowsOf(document: JsonSchema): readonly Row[] {
  return rowsBelow(document, document, { within: '', above: [] })
}

interface Place {
  readonly within: string
  /** The schemas that this one is a part of. */
  readonly above: readonly JsonSchema[]
  readonly shape?: string
}

const deepest = 5

function rowsBelow(
  schema: JsonSchema,
  document: JsonSchema,
  { within, above, shape }: Place,
): readonly Row[] {
  const at = resolved(schema, document)
  if (above.includes(at) || above.length > deepest) return []
  const place = { above: [...above, at], ...(shape === undefined ? {} : { shape }) }
  const inside = (name: string): string => (within === '' ? name : within.replace(/\.$/, name))
  const { items, additionalProperties: values } = at
  if (isSchema(items)) return rowsBelow(items, document, { ...place, within: `${inside('[]')}.` })
  const properties = propertiesOf(at)
  if (properties.length > 0)
    return properties.flatMap(([name, property]) => [
      row(name, { schema: at, property, document }, { ...place, within }),
      ...rowsBelow(property, document, { above: place.above, within: `${within}${name}.` }),
    ])
  if (isSchema(values)) return rowsBelow(values, document, { ...place, within: `${inside('[name]')}.` })
  return ofAlternatives(alternativesOf(at), document, { ...place, within })
}

function ofAlternatives(
  alternatives: readonly JsonSchema[],
  document: JsonSchema,
  place: Place,
): readonly Row[] {
  const shapes = alternatives.filter((one) => rowsBelow(one, document, place).length > 0)
  return shapes.flatMap((one, index) => {
    const shape = shapes.length > 1 ? nameOfShape(resolved(one, document), index) : undefined
    return rowsBelow(one, document, { ...place, ...(shape === undefined ? {} : { shape }) })
  })
}

function nameOfShape(schema: JsonSchema, index: number): string {
  const told = propertiesOf(schema).find(([, property]) => 'const' in property)
  return told ? `if ${told[0]} is ${JSON.stringify(told[1]['const'])}` : `shape ${index + 1}`
}

function row(
  name: string,
  { schema, property, document }: { schema: JsonSchema; property: JsonSchema; document: JsonSchema },
  { within, above, shape }: Place,
): Row {
  const at = resolved(property, document)
  const inside = isSchema(at['items']) ? resolved(at['items'], document) : at
  const description = descriptionOf(property) ?? descriptionOf(at)
  const byDefault = 'default' in property ? property['default'] : at['default']
  return {
    within,
    name,
    isRequired: requires(schema, name),
    type: typeInWords(property, document),
    rules: [...rulesInWords(property, document), ...(above.includes(inside) ? ['the same shape again'] : [])],
    ...(byDefault === undefined ? {} : { default: JSON.stringify(byDefault) }),
    ...(description === undefined ? {} : { description }),
    ...(shape === undefined ? {} : { shape }),
  }
}
