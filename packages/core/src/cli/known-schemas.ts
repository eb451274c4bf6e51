import type { ApiSchema } from '../api/api-schema.ts'
import { createBus } from '../bus/create-bus.ts'
import { internalApis } from '../config/complete-config.ts'
import type { Log } from '../contracts/log.ts'
import { schemasAbsent } from '../errors/schema-errors.ts'
import { loadSchemaFiles } from '../schema/schema-files.ts'

/** Which bus, and which APIs of it. */
export interface SchemaChoice {
  readonly config?: string
  readonly api?: readonly string[]
}

// What a command prints is its result; what a bus has to say goes beside it.
const say = (_facts: object, message: string): void => console.error(message)
const log: Log = { debug: () => undefined, info: () => undefined, warn: say, error: say }

/** Does something with the schemas that are live on the bus of a configuration; they can be asked for again. */
export async function withLiveSchemas<T>(
  { config }: SchemaChoice,
  act: (live: () => Promise<readonly ApiSchema[]>) => Promise<T>,
): Promise<T> {
  await using bus = createBus({ config, log })
  return await act(() => bus.schema.live())
}

/** The schemas in files and folders; a later one takes the place of an earlier one of the same API. */
export async function schemasOfFiles(paths: readonly string[]): Promise<readonly ApiSchema[]> {
  const byName = new Map<string, ApiSchema>()
  for (const path of paths)
    for (const schema of await loadSchemaFiles(path)) byName.set(schema.apiName, schema)
  return [...byName.values()]
}

/** Those that were asked for, else all but the APIs on which workers tell of themselves; in order. Throws `BUS_SCHEMAS_ABSENT` where there is none. */
export function chosenSchemas(
  all: readonly ApiSchema[],
  { api }: SchemaChoice,
  where: string,
): readonly ApiSchema[] {
  const missing = api?.filter((name) => !all.some(({ apiName }) => apiName === name)) ?? []
  if (missing.length > 0) throw schemasAbsent({ where, apis: missing })
  const chosen = all.filter(({ apiName }) => isChosen(apiName, api))
  if (chosen.length === 0) throw schemasAbsent({ where, apis: [] })
  return chosen.toSorted((one, other) => (one.apiName < other.apiName ? -1 : 1))
}

/** Whether an API is among those asked for. */
export function isChosen(apiName: string, api: readonly string[] | undefined): boolean {
  return api ? api.includes(apiName) : !internalApis.includes(apiName)
}
