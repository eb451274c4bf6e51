/** A TypeScript type before it is text. */
export type TypeNode =
  | { readonly is: 'name'; readonly text: string }
  | {
      readonly is: 'object'
      readonly members: readonly TypeMember[]
      readonly further?: TypeNode | undefined
    }
  | { readonly is: 'union' | 'intersection'; readonly of: readonly TypeNode[] }
  | { readonly is: 'array'; readonly of: TypeNode }
  | {
      readonly is: 'tuple'
      readonly of: readonly { readonly type: TypeNode; readonly isOptional: boolean }[]
      readonly rest?: TypeNode | undefined
    }

export interface TypeMember {
  readonly name: string
  readonly type: TypeNode
  readonly isOptional?: boolean
  /** The lines of its comment. */
  readonly says?: readonly string[]
}

/** A type by its name. */
export function named(text: string): TypeNode {
  return { is: 'name', text }
}

export const unknownType = named('unknown')
export const neverType = named('never')

/** One of these; what is said twice is said once. */
export function unionOf(types: readonly TypeNode[]): TypeNode {
  const flat = types.flatMap((type) => (type.is === 'union' ? type.of : [type]))
  const distinct = [...new Map(flat.map((type) => [typeText(type), type])).values()].filter(
    (type) => type !== neverType,
  )
  if (distinct.includes(unknownType)) return unknownType
  const [only = neverType, ...others] = distinct
  return others.length === 0 ? only : { is: 'union', of: distinct }
}

/** All of these at once; what is unknown says nothing. */
export function intersectionOf(types: readonly TypeNode[]): TypeNode {
  const known = types.filter((type) => type !== unknownType)
  const [only = unknownType, ...others] = [...new Map(known.map((type) => [typeText(type), type])).values()]
  return others.length === 0 ? only : { is: 'intersection', of: [only, ...others] }
}

/** The text of a type, its continued lines with this indentation. */
export function typeText(type: TypeNode, indent = ''): string {
  switch (type.is) {
    case 'name':
      return type.text
    case 'array':
      return `${within(type.of, indent)}[]`
    case 'intersection':
      return type.of.map((each) => within(each, indent)).join(' & ')
    case 'union':
      return unionText(type.of, indent)
    case 'tuple':
      return tupleText(type, indent)
    case 'object':
      return objectText(type, indent)
  }
}

const width = 110

function within(type: TypeNode, indent: string): string {
  const text = typeText(type, indent)
  return type.is === 'union' || type.is === 'intersection' ? `(${text})` : text
}

function unionText(types: readonly TypeNode[], indent: string): string {
  const part = (type: TypeNode, at: string): string =>
    type.is === 'intersection' ? within(type, at) : typeText(type, at)
  const flat = types.map((type) => part(type, indent)).join(' | ')
  if (flat.includes('\n') || flat.length + indent.length < width / 2) return flat
  return types.map((type) => `\n${indent}  | ${part(type, `${indent}    `)}`).join('')
}

function tupleText({ of, rest }: TypeNode & { readonly is: 'tuple' }, indent: string): string {
  const parts = of.map(({ type, isOptional }) =>
    isOptional ? `${within(type, indent)}?` : typeText(type, indent),
  )
  return `[${[...parts, ...(rest ? [`...${within(rest, indent)}[]`] : [])].join(', ')}]`
}

function objectText({ members, further }: TypeNode & { readonly is: 'object' }, indent: string): string {
  const inner = `${indent}  `
  const lines = members.flatMap(({ name, type, isOptional, says = [] }) => [
    ...commentLines(says).map((line) => `${inner}${line}`),
    `${inner}${keyText(name)}${isOptional ? '?' : ''}: ${typeText(type, inner)}`,
  ])
  if (further) lines.push(`${inner}[name: string]: ${typeText(further, inner)}`)
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`
}

/** A doc comment; it ends where it should, whatever is said. */
export function commentLines(says: readonly string[]): readonly string[] {
  const lines = says
    .flatMap((text) => text.trim().split(/[\r\n\u2028\u2029]+/))
    .map((line) => line.trimEnd().replaceAll('*/', '*\\/'))
  if (lines.length === 0) return []
  return lines.length === 1
    ? [`/** ${lines[0]} */`]
    : ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */']
}

/** A name as a key: in quotes where it has to be. */
export function keyText(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : stringText(name)
}

/** A text as a literal, in the quotes that need fewer escapes. */
export function stringText(text: string): string {
  const json = JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  const [single, double] = ["'", '"'].map((quote) => text.split(quote).length) as [number, number]
  return single > double ? json : `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** A value of JSON as a literal. */
export function literalText(value: unknown, indent = ''): string {
  if (typeof value === 'string') return stringText(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = `${indent}  `
  const isList = Array.isArray(value)
  const parts = (at: string): readonly string[] =>
    isList
      ? value.map((item) => literalText(item, at))
      : Object.entries(value).map(([key, item]) => `${literalKey(key)}: ${literalText(item, at)}`)
  const [start, end] = isList ? ['[', ']'] : ['{ ', ' }']
  const flat = parts(indent)
  if (flat.length === 0) return `${start.trim()}${end.trim()}`
  const line = `${start}${flat.join(', ')}${end}`
  if (!line.includes('\n') && line.length + indent.length < width - 20) return line
  return `${start.trim()}\n${parts(inner)
    .map((part) => `${inner}${part},\n`)
    .join('')}${indent}${end.trim()}`
}

// Written plainly it would be the prototype.
function literalKey(name: string): string {
  return name === '__proto__' ? `['__proto__']` : keyText(name)
}
