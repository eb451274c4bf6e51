import { Command, Option } from 'commander'
import type { ApiSchema } from '../api/api-schema.ts'
import { classifyForOwners, classifySchemaChange, type SchemaChange } from '../api/schema-changes.ts'
import { dumpSchemaFiles } from '../schema/schema-files.ts'
import { schemaFileText } from '../schema/schema-texts.ts'
import {
  chosenSchemas,
  isChosen,
  schemasOfFiles,
  withLiveSchemas,
  type SchemaChoice,
} from './known-schemas.ts'
import { loadBusModules } from './load-bus-modules.ts'

interface DumpOptions extends SchemaChoice {
  readonly out?: string
}

interface CompareOptions extends SchemaChoice {
  readonly json?: boolean
  readonly for: readonly SchemaChange['for'][]
}

interface CheckOptions extends CompareOptions {
  readonly bus?: string
}

/** `lightbus schema`: what is published on a bus, and what becomes of it. */
export function schemaCommand(): Command {
  const command = new Command('schema').description('Keep, compare and check the schemas of a bus')
  command.addCommand(dumpCommand('dump'))
  comparing(command.command('diff'))
    .description('Say what changed from one to the other, and whom it breaks')
    .argument('<before>', 'a file or folder of schemas')
    .argument('[after]', 'a file or folder of schemas (default: what is live on the bus)')
    .action(diff)
  comparing(command.command('check'))
    .description('Compare the APIs of a bus module with what is live, and say whom that breaks')
    .option('--bus <module>', 'the bus module (default: LIGHTBUS_MODULE, ./bus.ts or ./bus.js)')
    .action(check)
  return command
}

/** `lightbus dumpschema`, as Lightbus calls it. */
export function dumpCommand(name: 'dump' | 'dumpschema'): Command {
  return choosing(new Command(name))
    .description('Write the schemas that are live on the bus')
    .option(
      '-o, --out <path>',
      'a .json file for all, or a folder with a file for each (default: print them)',
    )
    .action(dump)
}

function choosing(command: Command): Command {
  return command
    .option('--api <names...>', 'only these APIs')
    .option('--config <path>', 'path or URL of the configuration (default: LIGHTBUS_CONFIG)')
}

function comparing(command: Command): Command {
  return choosing(command)
    .option('--json', 'print the same as JSON')
    .addOption(
      new Option('--for <whom...>', 'whom a breaking change has to concern for the command to fail')
        .choices(['callers', 'listeners', 'owners'])
        .default(['callers', 'listeners']),
    )
}

async function dump({ out, ...choice }: DumpOptions): Promise<void> {
  const schemas = await withLiveSchemas(choice, async (live) =>
    chosenSchemas(await live(), choice, 'on the bus'),
  )
  if (out === undefined) return console.log(schemaFileText(schemas).trimEnd())
  const files = await dumpSchemaFiles(out, schemas)
  console.error(`Wrote the schemas of ${schemas.length} APIs to ${files.join(', ')}`)
}

/** A comparison of two versions of an API. */
interface Comparison {
  readonly api: string
  /** What is compared with what. */
  readonly what?: string
  readonly changes: readonly SchemaChange[]
}

async function diff(before: string, after: string | undefined, options: CompareOptions): Promise<void> {
  const [one, other] = await Promise.all([
    schemasOfFiles([before]),
    after === undefined ? withLiveSchemas(options, (live) => live()) : schemasOfFiles([after]),
  ])
  chosenSchemas([...one, ...other], options, `in ${before} and ${after ?? 'on the bus'}`)
  const names = [...new Set([...one, ...other].map(({ apiName }) => apiName))].toSorted()
  const comparisons = names
    .filter((api) => isChosen(api, options.api))
    .map((api) => ({ api, changes: changesOf(find(one, api), find(other, api)) }))
  report(comparisons, options)
}

async function check({ bus: module, ...options }: CheckOptions): Promise<void> {
  const loaded = await loadBusModules(module === undefined ? [] : [module])
  const { config } = options
  const comparisons: Comparison[] = []
  try {
    for (const { bus } of loaded) {
      await bus.configure({ config })
      const live = await bus.schema.live()
      const owned = new Set(bus.schema.owned().map(({ apiName }) => apiName))
      const defined = bus.schema.names().flatMap((name) => bus.schema.get(name) ?? [])
      for (const ours of chosenSchemas(defined, options, 'in the bus module'))
        comparisons.push(against(ours, find(live, ours.apiName), owned.has(ours.apiName)))
    }
  } finally {
    await Promise.all(loaded.map(({ bus }) => bus.stop()))
  }
  report(comparisons, options)
}

// What we own is to replace what is live; what we only use may have moved on without us.
function against(ours: ApiSchema, live: ApiSchema | undefined, isOwned: boolean): Comparison {
  const api = ours.apiName
  if (!live) return { api, what: 'is not on the bus', changes: [] }
  if (isOwned) return { api, what: 'from what is live to ours', changes: changesOf(live, ours) }
  return { api, what: 'from what we know to what is live', changes: changesOf(ours, live) }
}

function find(schemas: readonly ApiSchema[], api: string): ApiSchema | undefined {
  return schemas.find(({ apiName }) => apiName === api)
}

function changesOf(before: ApiSchema | undefined, after: ApiSchema | undefined): readonly SchemaChange[] {
  const none: ApiSchema = { apiName: '', events: {}, rpcs: {} }
  const versions = [before ?? none, after ?? none] as const
  return [...classifySchemaChange(...versions), ...classifyForOwners(...versions)]
}

/** Prints it, and sets the exit code: 1 when a change breaks somebody who counts. */
function report(comparisons: readonly Comparison[], { json = false, for: whom }: CompareOptions): void {
  const isBreaking = (change: SchemaChange): boolean =>
    change.kind === 'breaking' && whom.includes(change.for)
  const isCompatible = !comparisons.some(({ changes }) => changes.some(isBreaking))
  const changes = comparisons.flatMap(({ api, changes: found }) =>
    found.map((change) => ({ api, ...change })),
  )
  if (json) console.log(JSON.stringify({ isCompatible, changes }, undefined, 2))
  else console.log([...comparisons.flatMap(paragraph), summary(isCompatible, whom)].join('\n'))
  if (!isCompatible) process.exitCode = 1
}

function paragraph({ api, what, changes }: Comparison): readonly string[] {
  const place = what === undefined ? api : `${api}, ${what}`
  if (changes.length === 0) return [what === 'is not on the bus' ? `${api} ${what}` : `${place}: no change`]
  const lines = changes.map(
    ({ kind, for: whom, path, why }) => `  ${kind.padEnd(10)} for ${whom.padEnd(9)} ${path}: ${why}`,
  )
  return [`${place}:`, ...lines]
}

function summary(isCompatible: boolean, whom: readonly string[]): string {
  return `${isCompatible ? 'Nothing breaks' : 'Something breaks'} ${whom.join(' or ')}.`
}
