import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import type { ApiSchema } from '../api/api-schema.ts'
import { contractForeign } from '../errors/schema-errors.ts'
import { isBusError } from '../errors/define-error.ts'
import { contractHeader, contractModule } from '../schema/contract-module.ts'
import { fileSafe } from '../schema/schema-files.ts'
import { abortable, sleep } from '../util/abortable.ts'
import { realClock } from '../util/clock.ts'
import { chosenSchemas, schemasOfFiles, withLiveSchemas, type SchemaChoice } from './known-schemas.ts'

interface TypesOptions extends SchemaChoice {
  readonly out: string
  readonly from?: readonly string[]
  readonly watch?: boolean
  readonly check?: boolean
}

/** `lightbus types`: contracts in TypeScript of the APIs that are served on a bus, or that are in files of schemas. */
export function typesCommand(): Command {
  return new Command('types')
    .description('Write typed contracts of the APIs on a running bus, or in files of schemas')
    .option('--out <folder>', 'where they are written, a file for each API', 'apis')
    .option('--from <paths...>', 'files or folders of schemas, instead of a bus')
    .option('--api <names...>', 'only these APIs')
    .option('--config <path>', 'path or URL of the configuration (default: LIGHTBUS_CONFIG)')
    .option('--watch', 'go on, and write them again when the schemas change')
    .option('--check', 'write nothing, and fail if what is written is stale')
    .action((options: TypesOptions) => runTypes(options))
}

async function runTypes(options: TypesOptions): Promise<void> {
  const { from } = options
  if (from) return write(() => schemasOfFiles(from), `in ${from.join(', ')}`, options)
  await withLiveSchemas(options, (live) => write(live, 'on the bus', options))
}

type Load = () => Promise<readonly ApiSchema[]>

async function write(load: Load, where: string, options: TypesOptions): Promise<void> {
  const now = async (): Promise<readonly Contract[]> =>
    contractsOf(chosenSchemas(await load(), options, where), options.out)
  if (options.check) return check(await now())
  if (!options.watch) return save(await now())
  await watch(async () => save(await now()))
}

/** A file that is to be written, and what is in it until then. */
interface Contract {
  readonly file: string
  readonly text: string
  readonly before: string | undefined
}

async function contractsOf(schemas: readonly ApiSchema[], out: string): Promise<readonly Contract[]> {
  const format = formatterOf(out)
  return Promise.all(
    schemas.map(async (schema) => {
      const file = join(out, `${fileSafe(schema.apiName)}.api.ts`)
      const before = await readFile(file, 'utf8').catch(() => undefined)
      if (before !== undefined && !before.startsWith(contractHeader))
        throw contractForeign({ file, api: schema.apiName })
      return { file, before, text: await format(contractModule(schema), file) }
    }),
  )
}

async function save(contracts: readonly Contract[]): Promise<void> {
  for (const { file, text, before } of contracts) {
    if (text === before) continue
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    console.log(`${before === undefined ? 'written' : 'changed'}: ${file}`)
  }
}

function check(contracts: readonly Contract[]): void {
  const stale = contracts.filter(({ text, before }) => text !== before)
  for (const { file, before } of stale) console.log(`${before === undefined ? 'missing' : 'stale'}: ${file}`)
  if (stale.length > 0) process.exitCode = 1
}

const lookAgainMs = 1_000

/** Again and again until a signal; what goes wrong after the first time is told of once, and tried again. */
async function watch(act: () => Promise<void>): Promise<void> {
  await act()
  const stopping = new AbortController()
  process.once('SIGTERM', () => stopping.abort()).once('SIGINT', () => stopping.abort())
  let told = ''
  while (await isTimeOver(stopping.signal)) {
    const failure = await act().then(
      () => '',
      (error: unknown) => (isBusError(error) ? `${error.code}: ${error.message}` : String(error)),
    )
    if (failure !== '' && failure !== told) console.error(failure)
    told = failure
  }
}

/** Whether the time until the next look has passed; false when it was cut short. */
function isTimeOver(signal: AbortSignal): Promise<boolean> {
  return abortable(sleep(realClock, lookAgainMs, signal), signal).then(
    () => true,
    () => false,
  )
}

type Format = (text: string, file: string) => Promise<string>

interface Prettier {
  resolveConfig(file: string): Promise<object | null>
  format(text: string, options: object): Promise<string> | string
}

/** The prettier of the project that is written to, with its settings, if it has one. */
function formatterOf(out: string): Format {
  const require = createRequire(resolve(out, 'contracts.js'))
  let prettier: Prettier
  try {
    prettier = require('prettier') as Prettier
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    return async (text) => text
  }
  return async (text, file) => {
    const filepath = resolve(file)
    return prettier.format(text, { ...(await prettier.resolveConfig(filepath)), filepath })
  }
}
