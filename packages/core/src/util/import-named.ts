import { createRequire } from 'node:module'
import { isAbsolute, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>

/**
 * Imports what a configuration names: a package or a ./path, looked for from `directory`; a package then from this one, which finds what
 * is installed beside it. Undefined when there is no such thing; what the module itself throws while it is imported passes through.
 */
export async function importNamed(module: string, directory: string): Promise<Exports | undefined> {
  const file = resolveFrom(directory, module)
  if (file !== undefined) return (await import(pathToFileURL(file).href)) as Exports
  const url = isPath(module) ? undefined : resolveFromHere(module)
  return url === undefined ? undefined : ((await import(url)) as Exports)
}

/** Whether the name is a path, as opposed to a package. */
export function isPath(module: string): boolean {
  return /^\.{0,2}[/\\]/.test(module) || /^[A-Za-z]:[/\\]/.test(module)
}

/**
 * The file that `module` means in `directory`. Resolving and importing are two steps, so that a missing dependency of
 * the module is not mistaken for the module missing.
 */
function resolveFrom(directory: string, module: string): string | undefined {
  try {
    const file = createRequire(join(directory, 'x')).resolve(module)
    // Node's own modules are no files.
    return isAbsolute(file) ? file : undefined
  } catch {
    // Not there, or for `import` only, which require cannot resolve but resolveFromHere may.
    return undefined
  }
}

function resolveFromHere(module: string): string | undefined {
  try {
    return import.meta.resolve(module)
  } catch {
    return undefined
  }
}
