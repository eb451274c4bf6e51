import { toPlain } from '../messages/plain-values.ts'
import type { JsonSchema } from './api-schema.ts'
import { documentKey, markKey, nothingKind, type MarkedSchema } from './library-values.ts'
import { unfit } from './value-kinds.ts'

type Plain = Readonly<Record<string, unknown>>

/**
 * Turns what is on the wire into what a library's schema takes: texts into dates where the schema says date. Of a union it takes the first
 * member that the value fits. What fits nothing stays as it is, for the library to say so.
 */
export class Reviver {
  readonly #marked: MarkedSchema
  readonly #leading = new Map<object, boolean>()

  constructor(marked: MarkedSchema) {
    this.#marked = marked
  }

  revive(value: unknown): unknown {
    if (this.#marked.kinds.length === 0) return value
    return this.#at({ node: this.#marked.json, root: this.#marked.json }, value, false)
  }

  // Strict is the way to find out whether a value fits: then it is `unfit` where any part of it is.
  #at({ node, root }: Place, value: unknown, isStrict: boolean): unknown {
    if (!isPlain(node) || (!isStrict && !this.#leads(node))) return value
    if (isStrict && !resembles(node, value)) return unfit
    const document = node[documentKey] === true ? node : root
    let revived = value
    for (const part of [referred(node['$ref'], document), ...listed(node['allOf'])]) {
      revived = this.#at({ node: part, root: document }, revived, isStrict)
      if (revived === unfit) return unfit
    }
    const branches = listed(node['anyOf'] ?? node['oneOf'])
    if (branches.length > 0) revived = this.#first(branches, document, revived, isStrict)
    if (revived !== unfit) revived = this.#within({ node, root: document }, revived, isStrict)
    const kind = this.#marked.kinds[node[markKey] as number]
    if (!kind || revived === unfit) return revived
    const found = kind.revive(revived)
    return found === unfit && !isStrict ? value : found
  }

  #first(branches: readonly unknown[], root: Plain, value: unknown, isStrict: boolean): unknown {
    for (const node of branches) {
      const revived = this.#at({ node, root }, value, true)
      if (revived !== unfit) return revived
    }
    return isStrict ? unfit : value
  }

  #within({ node, root }: { node: Plain; root: Plain }, value: unknown, isStrict: boolean): unknown {
    const children = childrenOf(node, value)
    if (!children) return value
    const revived: [string, unknown][] = []
    for (const [name, child, schema] of children) {
      const found = schema === undefined ? child : this.#at({ node: schema, root }, child, isStrict)
      if (found === unfit) return unfit
      revived.push([name, found])
    }
    return Array.isArray(value) ? revived.map(([, item]) => item) : Object.fromEntries(revived)
  }

  /** Whether there is a mark below, as far as that can be told without following references. */
  #leads(node: Plain): boolean {
    let leads = this.#leading.get(node)
    if (leads === undefined) {
      leads =
        markKey in node ||
        '$ref' in node ||
        Object.values(node).some(
          (below) => typeof below === 'object' && below !== null && this.#leads(below as Plain),
        )
      this.#leading.set(node, leads)
    }
    return leads
  }
}

interface Place {
  readonly node: unknown
  readonly root: Plain
}

/** The parts of a list or an object that have a schema of their own, with it. */
function childrenOf(
  node: Plain,
  value: unknown,
): readonly (readonly [name: string, child: unknown, schema: unknown])[] | undefined {
  if (Array.isArray(value)) {
    const { items, prefixItems, additionalItems } = node
    const first = Array.isArray(items) ? items : listed(prefixItems)
    const rest = Array.isArray(items) ? additionalItems : items
    if (first.length === 0 && rest === undefined) return undefined
    return value.map((item, index) => [String(index), item, index < first.length ? first[index] : rest])
  }
  const { properties, additionalProperties } = node
  if (!isPlain(value) || (properties === undefined && additionalProperties === undefined)) return undefined
  const named = isPlain(properties) ? properties : {}
  return Object.entries(value).map(([name, child]) => [
    name,
    child,
    Object.hasOwn(named, name) ? named[name] : additionalProperties,
  ])
}

/** Whether a value may be meant by a schema: enough to tell the members of a union apart. */
function resembles(node: Plain, value: unknown): boolean {
  const { type, required } = node
  const types = type === undefined ? undefined : Array.isArray(type) ? type : [type]
  if (types && !types.some((each) => isOfType(each, value))) return false
  if ('const' in node && typeof node['const'] !== 'object' && node['const'] !== value) return false
  if (Array.isArray(node['enum']) && !isPlain(value) && !node['enum'].includes(value)) return false
  return !isPlain(value) || listed(required).every((name) => Object.hasOwn(value, name as string))
}

function isOfType(type: unknown, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isPlain(value)
  if (type === 'integer') return Number.isInteger(value)
  return type === typeof value
}

function referred(ref: unknown, root: Plain): unknown {
  if (typeof ref !== 'string' || !ref.startsWith('#')) return undefined
  let at: unknown = root
  for (const step of ref.slice(1).split('/').slice(1)) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
    at =
      isPlain(at) && Object.hasOwn(at, name)
        ? at[name]
        : Array.isArray(at)
          ? (at[Number(name)] as unknown)
          : undefined
  }
  return at
}

function listed(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list : []
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The schema as it is published: without the marks, and with its references relative to the whole document. What may be undefined is left out
 * where it is, so that among other members of a union it says nothing.
 */
export function unmarked({ json, kinds }: MarkedSchema): JsonSchema {
  const isNothing = (node: unknown): boolean =>
    isPlain(node) && markKey in node && kinds[node[markKey] as number] === nothingKind
  const walk = (node: unknown, path: string, base: string, isOfNames = false): unknown => {
    if (Array.isArray(node)) return node.map((item, index) => walk(item, `${path}/${index}`, base))
    if (!isPlain(node)) return node
    const member = isOfNames ? undefined : withoutNothing(node, isNothing)
    if (member) return walk(member, path, base)
    const document = node[documentKey] === true ? path : base
    const kept = Object.entries(node).filter(([key, value]) => isOfNames || !isHidden(key, value))
    return Object.fromEntries(
      kept.map(([key, value]) => {
        if (!isOfNames && ofData.has(key)) return [key, toPlain(value)]
        if (!isOfNames && key === '$ref' && typeof value === 'string' && value.startsWith('#'))
          return [key, document + value.slice(1)]
        return [key, walk(value, `${path}/${escaped(key)}`, document, !isOfNames && ofNames.has(key))]
      }),
    )
  }
  return walk(json, '#', '#') as JsonSchema
}

/** What stands below these is data, whatever it looks like. */
const ofData = new Set(['const', 'enum', 'default', 'examples'])
/** Below these, names are names of the user's, and not keywords. */
const ofNames = new Set(['properties', 'patternProperties', 'definitions', '$defs', 'dependencies'])

/** A union without the members that stand for nothing, if it has any beside others. */
function withoutNothing(node: Plain, isNothing: (member: unknown) => boolean): Plain | undefined {
  const members = listed(node['anyOf'])
  const others = members.filter((member) => !isNothing(member))
  if (others.length === members.length || others.length === 0) return undefined
  const { anyOf: _, ...rest } = node
  return others.length > 1 ? { ...rest, anyOf: others } : { ...(others[0] as Plain), ...rest }
}

function isHidden(key: string, value: unknown): boolean {
  return key === markKey || key === documentKey || (key === '$schema' && typeof value === 'string')
}

function escaped(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))
}
