import { appendFileSync, existsSync, readFileSync, statSync, truncateSync } from 'node:fs'

/** What the lines of a file say, each a value as JSON; undefined where that cannot be read. */
export function readLines(path: string): unknown[] {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : ['']
  // A crash may have cut the last one off: the next must not be written behind it.
  if (lines.at(-1) === '') lines.pop()
  else appendFileSync(path, '\n')
  return lines.map(parse)
}

/** Adds a line in one write, or nothing. */
export function appendLine(path: string, value: object): void {
  const text = `${JSON.stringify(value)}\n`
  const before = statSync(path, { throwIfNoEntry: false })
  try {
    appendFileSync(path, text)
  } catch (error) {
    // The half of a line, on a disk that is full, would spoil the next one.
    if (before) truncateSync(path, before.size)
    throw error
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
