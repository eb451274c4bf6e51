import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'

export interface ParsedConfig {
  readonly value: unknown
  /** The line, from 1, of the key or item at a path; of the nearest part above it when it is not in the file. */
  line(path: readonly (string | number)[]): number | undefined
  /** Every syntax error, with its line. */
  readonly problems: readonly string[]
}

/** Reads YAML, and JSON, which is YAML as well. Never throws: mistakes are in `problems`. */
export function parseConfig(text: string): ParsedConfig {
  const lines = new LineCounter()
  // prettyErrors would quote the file, and with it its secrets.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const line = (path: readonly (string | number)[]): number | undefined => {
    const offset = offsetOf(document, path)
    return offset === undefined ? undefined : lines.linePos(offset).line
  }
  const problems = document.errors.map(
    (error) => `line ${lines.linePos(error.pos[0]).line}: ${withoutQuotation(error.message)}`,
  )
  if (problems.length > 0) return { value: undefined, line, problems }
  try {
    return { value: document.toJS() as unknown, line, problems }
  } catch (error) {
    return { value: undefined, line, problems: [withoutQuotation((error as Error).message)] }
  }
}

/** Some of the parser's messages end with the text they stumbled over, which may be a secret. */
function withoutQuotation(message: string): string {
  return message.replace(/: .*$/s, '')
}

function offsetOf(document: Document, path: readonly (string | number)[]): number | undefined {
  let node: unknown = document.contents
  let offset: number | undefined
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      if (!isScalar(pair?.key)) return offset
      offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      offset = isScalar(node) || isMap(node) || isSeq(node) ? (node.range?.[0] ?? offset) : offset
    } else {
      return offset
    }
  }
  return offset
}
