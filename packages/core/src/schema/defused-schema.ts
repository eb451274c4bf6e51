import type { JsonSchema } from '../api/api-schema.ts'

/** More than any API has, few enough to be compiled in a moment. */
const mostNodes = 4_000
const deepestNode = 100
/** Each takes about a millisecond to compile. */
const mostPatterns = 200

/** Counts a reference that is followed, in every schema that has one. */
export const hopKeyword = 'x-lightbus-hop'

/** What stands below these is data, whatever it looks like. */
const ofData = new Set(['const', 'enum', 'default', 'examples'])
/** Below these, names are names of the user's, and not keywords. */
const ofNames = new Set(['properties', 'patternProperties', 'definitions', '$defs', 'dependencies'])
const besideReference = new Set(['$ref', 'definitions', '$defs'])

/**
 * A schema of somebody else as it can be compiled without harm: references are counted, and as in Python's draft-07 nothing beside them counts;
 * what would make the check asynchronous is left out. Throws for one that is too large or too deep.
 */
export function defused(schema: JsonSchema): JsonSchema {
  let nodes = 0
  let patterns = 0
  const walk = (node: unknown, depth: number, isOfNames: boolean): unknown => {
    if (typeof node !== 'object' || node === null) return node
    if ((nodes += 1) > mostNodes) throw new RangeError(`it has more than ${mostNodes} parts`)
    if (depth > deepestNode) throw new RangeError(`it is more than ${deepestNode} levels deep`)
    patterns += 'pattern' in node ? 1 : 0
    patterns += Object.keys((node as JsonSchema)['patternProperties'] ?? {}).length
    if (patterns > mostPatterns) throw new RangeError(`it has more than ${mostPatterns} patterns`)
    if (Array.isArray(node)) return node.map((item) => walk(item, depth + 1, false))
    if (isOfNames)
      return Object.fromEntries(
        Object.entries(node).map(([name, below]) => [name, walk(below, depth + 1, false)]),
      )
    const copied = withCountedReference(node as JsonSchema).map(([key, below]) => [
      key,
      ofData.has(key) ? below : walk(below, depth + 1, ofNames.has(key)),
    ])
    return Object.fromEntries(copied)
  }
  return walk(schema, 0, false) as JsonSchema
}

function withCountedReference(node: JsonSchema): readonly (readonly [string, unknown])[] {
  const keywords = Object.entries(node).filter(([key]) => key !== '$async' && key !== hopKeyword)
  if (typeof node['$ref'] !== 'string') return keywords
  return [[hopKeyword, true], ...keywords.filter(([key]) => besideReference.has(key))]
}
