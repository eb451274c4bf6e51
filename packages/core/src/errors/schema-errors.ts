import { defineError } from './define-error.ts'

export const schemaBreaking = defineError(
  'BUS_SCHEMA_BREAKING',
  (f: { api: string; changes: readonly string[] }) =>
    `The API "${f.api}" has changed in a way that breaks those who know the schema that is alive on the bus:${f.changes.map((change) => `\n  - ${change}`).join('')}\nTake the changes back, move those who depend on it first, or set bus.schema.on_breaking_change to warn or ignore.`,
)

export const schemaFileUnusable = defineError(
  'BUS_SCHEMA_FILE_UNUSABLE',
  (f: { file: string; why: string }) =>
    `The schema file ${f.file} cannot be used: ${f.why}. Name a file or folder as "lightbus schema dump" writes it.`,
)
export const contractForeign = defineError(
  'BUS_CONTRACT_FOREIGN',
  (f: { file: string; api: string }) =>
    `${f.file} is in the way of the contract of "${f.api}": "lightbus types" has not written it, and leaves it alone. Write to another folder with --out, or move the file.`,
)
export const schemasAbsent = defineError(
  'BUS_SCHEMAS_ABSENT',
  (f: { where: string; apis: readonly string[] }) =>
    `There is no schema of ${f.apis.length === 0 ? 'any API' : f.apis.map((name) => `"${name}"`).join(', ')} ${f.where}. Start the services that own them, or name the files that have them.`,
)
