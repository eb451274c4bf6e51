import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ApiSchema } from '../api/api-schema.ts'
import { schemaFileUnusable } from '../errors/schema-errors.ts'
import { readSchemaFile, schemaFileText } from './schema-texts.ts'

/** Reads the schemas in a file, or in the `.json` files of a folder. Rejects with `BUS_SCHEMA_FILE_UNUSABLE`. */
export async function loadSchemaFiles(path: string): Promise<readonly ApiSchema[]> {
  const files = await attempt(path, async () => ((await isFolder(path)) ? jsonFilesIn(path) : [path]))
  const loaded: ApiSchema[] = []
  // In order, so that of several broken ones the same is always told of.
  for (const file of files)
    loaded.push(...(await attempt(file, async () => readSchemaFile(await readFile(file, 'utf8')))))
  return loaded
}

/**
 * Writes schemas to one file where the path ends in `.json`, else to a folder, a file for each API. Resolves with the files. Rejects with
 * `BUS_SCHEMA_FILE_UNUSABLE`.
 */
export async function dumpSchemaFiles(
  path: string,
  schemas: readonly ApiSchema[],
): Promise<readonly string[]> {
  const inOrder = schemas.toSorted((one, other) => (one.apiName < other.apiName ? -1 : 1))
  const isOne = path.endsWith('.json') && !(await isFolder(path))
  const texts = isOne
    ? [[path, schemaFileText(inOrder)] as const]
    : inOrder.map(
        (schema) => [join(path, `${fileSafe(schema.apiName)}.json`), schemaFileText([schema])] as const,
      )
  await attempt(path, () => mkdir(isOne ? dirname(path) : path, { recursive: true }))
  for (const [file, text] of texts) await attempt(file, () => writeFile(file, text))
  return texts.map(([file]) => file)
}

/** The name of an API as part of a file's name, as Lightbus has it: names come from the wire, and may be paths. */
export function fileSafe(apiName: string): string {
  return apiName.replaceAll(/[^\p{L}\p{N}._-]/gu, '').replace(/^\.+/, '')
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

async function jsonFilesIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  return names.toSorted().map((name) => join(folder, name))
}

async function attempt<T>(file: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw schemaFileUnusable({ file, why: (error as Error).message }, error)
  }
}
