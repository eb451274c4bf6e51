import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { stringify } from 'yaml'
import { createBus } from '../bus/create-bus.ts'
import { describeBus } from '../bus/describe-bus.ts'
import { docsEmpty, docsUnwritable } from '../errors/docs-errors.ts'
import { asyncApi } from './docs/asyncapi.ts'
import {
  documentedApis,
  type DescribedService,
  type Documentation,
  type LiveApi,
} from './docs/documentation.ts'
import { page } from './docs/page.ts'
import { findDefaultModule, loadBusModules, type LoadedBus } from './load-bus-modules.ts'

const formats = ['asyncapi-yaml', 'asyncapi-json', 'html'] as const
type Format = (typeof formats)[number]

interface DocsOptions {
  readonly bus?: string
  readonly config?: string
  readonly fromBus?: boolean
  readonly format: Format | 'all'
  readonly out: string
  readonly title?: string
}

/** `lightbus docs`: what the APIs of bus modules are, for people and for programs. */
export function docsCommand(): Command {
  return new Command('docs')
    .description('Write what there is on the bus: AsyncAPI documents, and a page for people')
    .argument('[modules...]', 'bus modules (default: --bus, LIGHTBUS_MODULE, ./bus.ts or ./bus.js)')
    .option('--bus <module>', 'a bus module')
    .option('--config <path>', 'path or URL of the configuration')
    .option('--from-bus', 'also the APIs that are alive on the bus')
    .addOption(new Option('--format <format>', 'what to write').choices([...formats, 'all']).default('all'))
    .option('--out <folder>', 'where to', 'api-docs')
    .option('--title <title>', 'what to call it (default: the names of the services)')
    .action(writeDocs)
}

async function writeDocs(modules: readonly string[], options: DocsOptions): Promise<void> {
  const { bus, format, out, fromBus = false } = options
  const named = [...(bus === undefined ? [] : [bus]), ...modules]
  const loaded = await busesOf(named, fromBus)
  try {
    const documentation = await documented(loaded, options)
    for (const each of format === 'all' ? formats : [format]) {
      const path = join(out, files[each].name)
      await write(out, path, files[each].text(documentation))
      console.log(path)
    }
  } finally {
    await Promise.all(loaded.map((each) => each.bus.stop()))
  }
}

// What is alive on a bus can be told without a module.
async function busesOf(named: readonly string[], fromBus: boolean): Promise<readonly LoadedBus[]> {
  if (fromBus && named.length === 0 && findDefaultModule() === undefined)
    return [{ bus: createBus(), module: '' }]
  return loadBusModules(named)
}

async function documented(
  loaded: readonly LoadedBus[],
  { config, title, fromBus = false }: DocsOptions,
): Promise<Documentation> {
  const services: DescribedService[] = []
  for (const { bus, module } of loaded) {
    const description = await describeBus(bus, config)
    services.push({ service: description.serviceName ?? module, bus: description })
  }
  const live = fromBus ? await liveOn(services) : []
  const apis = documentedApis(services, live)
  if (apis.length === 0)
    throw docsEmpty({ modules: loaded.map(({ module }) => module).filter(Boolean), fromBus })
  const names = [...new Set(services.map(({ service }) => service).filter(Boolean))]
  return {
    title: title ?? (names.length > 0 ? `APIs of ${names.join(', ')}` : 'APIs on the bus'),
    version: await versionHere(),
    apis,
  }
}

async function liveOn(services: readonly DescribedService[]): Promise<readonly LiveApi[]> {
  const loading = services.map(async ({ bus }) => (await bus.live()).map((schema) => ({ schema, bus })))
  return (await Promise.all(loading)).flat()
}

const files: Readonly<Record<Format, { name: string; text: (documentation: Documentation) => string }>> = {
  'asyncapi-yaml': {
    name: 'asyncapi.yaml',
    text: (documentation) =>
      stringify(asyncApi(documentation), { aliasDuplicateObjects: false, lineWidth: 0 }),
  },
  'asyncapi-json': {
    name: 'asyncapi.json',
    text: (documentation) => `${JSON.stringify(asyncApi(documentation), undefined, 2)}\n`,
  },
  html: { name: 'index.html', text: page },
}

async function write(folder: string, path: string, text: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(path, text)
  } catch (error) {
    throw docsUnwritable({ path, why: (error as Error).message }, error)
  }
}

// That of the package that the command is run in.
async function versionHere(): Promise<string> {
  try {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version?: unknown }
    return typeof version === 'string' ? version : unknownVersion
  } catch {
    return unknownVersion
  }
}

const unknownVersion = '0.0.0'
