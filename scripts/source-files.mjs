import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const notSource = new Set(['node_modules', 'dist', 'coverage', '.cache', '.git', '.nx'])

/** The files below a folder of the repository whose names end as asked, as paths from the root with `/`. */
export function filesBelow(folder, endings) {
  const start = join(root, folder)
  if (!existsSync(start)) return []
  return readdirSync(start, { withFileTypes: true })
    .filter((entry) => !notSource.has(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return filesBelow(path, endings)
      return endings.some((ending) => entry.name.endsWith(ending)) ? [path.split(sep).join('/')] : []
    })
    .sort((a, b) => a.localeCompare(b))
}

export function textOf(path) {
  return readFileSync(join(root, path), 'utf8')
}

/** The names of the folders in a folder of the repository. */
export function foldersIn(folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
}

/** Everything that a file imports or re-exports, types and dynamic imports included, with the line where it stands. */
export function importsOf(path) {
  const text = textOf(path)
  const patterns = [
    /^[ \t]*(?:import|export)\b[\w\s{},*$]*?\bfrom\s*(['"])(?<specifier>[^'"]+)\1/gm,
    /^[ \t]*import\s*(['"])(?<specifier>[^'"]+)\1/gm,
    /^(?![ \t]*(?:\*|\/\/|\/\*)).*?\bimport\(\s*(['"])(?<specifier>[^'"]+)\1/gm,
  ]
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({
      specifier: match.groups.specifier,
      line: text.slice(0, match.index).split('\n').length,
    })),
  )
}

/** Where a relative import leads, as a path from the root. */
export function resolveImport(from, specifier) {
  const path = relative(root, join(root, dirname(from), specifier))
  return path.split(sep).join('/').replace(/\.js$/, '.ts')
}
