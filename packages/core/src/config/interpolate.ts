import { readFile } from 'node:fs/promises'
import { isBranch } from './plain-copy.ts'

export interface Interpolated {
  readonly value: unknown
  /** JSON pointers of the texts that held a reference: they stay text, even where a number was meant. */
  readonly paths: ReadonlySet<string>
}

/** Where a reference stands and why it has no value. Never holds a value, which may be a secret. */
export type ReportProblem = (path: readonly (string | number)[], problem: string) => void

// `$${` stands for a literal `${`.
const reference = /\$(\$\{)|\$\{([^}]*)\}/g
const variable = /^([A-Za-z_]\w*)(?::-(.*))?$/s

/**
 * Replaces `${VAR}`, `${VAR:-default}` (also when VAR is empty, as in a shell) and `${file:/path}` (without the last
 * line break) in all texts of a value. A reference without a value is reported, and its text left out.
 */
export async function interpolate(
  value: unknown,
  environment: NodeJS.ProcessEnv,
  report: ReportProblem,
): Promise<Interpolated> {
  const paths = new Set<string>()

  async function visit(node: unknown, path: readonly (string | number)[]): Promise<unknown> {
    if (typeof node === 'string') {
      if (!node.includes('${')) return node
      paths.add(path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''))
      return fill(node, environment, (problem) => report(path, problem))
    }
    if (!isBranch(node)) return node
    if (Array.isArray(node)) {
      const items = await Promise.all(node.map((item, index) => visit(item, [...path, index])))
      return items.filter((item) => item !== undefined)
    }
    const entries = Object.entries(node).map(
      async ([key, child]) => [key, await visit(child, [...path, key])] as const,
    )
    return Object.fromEntries((await Promise.all(entries)).filter(([, child]) => child !== undefined))
  }

  return { value: await visit(value, []), paths }
}

/** The text with its references replaced, or undefined if one has no value. */
async function fill(
  text: string,
  environment: NodeJS.ProcessEnv,
  report: (problem: string) => void,
): Promise<string | undefined> {
  let filled = ''
  let end = 0
  let isComplete = true
  for (const match of text.matchAll(reference)) {
    const [whole, escaped, inner = ''] = match
    const value = escaped ?? (await lookUp(inner, environment, report))
    isComplete &&= value !== undefined
    filled += text.slice(end, match.index) + (value ?? '')
    end = match.index + whole.length
  }
  return isComplete ? filled + text.slice(end) : undefined
}

async function lookUp(
  inner: string,
  environment: NodeJS.ProcessEnv,
  report: (problem: string) => void,
): Promise<string | undefined> {
  if (inner.startsWith('file:')) return readSecret(inner.slice('file:'.length), report)
  const [, name, fallback] = variable.exec(inner) ?? []
  if (name === undefined) {
    report('holds a reference that is not ${VAR}, ${VAR:-default} or ${file:/path}')
    return undefined
  }
  const value = environment[name]
  if (fallback !== undefined) return value || fallback
  if (value === undefined) report(`the environment variable ${name} is not set, and no default is given`)
  return value
}

async function readSecret(path: string, report: (problem: string) => void): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
  } catch (error) {
    report(`the file ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
    return undefined
  }
}
