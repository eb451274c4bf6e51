import { configInvalid } from '../errors/catalogue.ts'
import { nearest } from '../util/nearest.ts'
import { atPath } from './config-problems.ts'
import { readConfigSource } from './config-source.ts'
import type { Feature, ServiceOptions, WrittenConfig } from './config.ts'
import { features } from './defaults.ts'
import { interpolate } from './interpolate.ts'
import { parseConfig } from './parse-config.ts'

/** The source of a configuration that is given as an object. */
export const givenInCode = 'given to createBus'
/** The source when there is no configuration. */
export const noSource = 'none'

/** A configuration that was read but not yet checked: the transports it names have to be loaded first. */
export interface LoadedConfig {
  readonly source: string
  /** Where the transports are resolved from: the directory of the file, else the working directory. */
  readonly directory: string
  /** As written, references replaced. Not checked: it may have any shape. */
  readonly written: WrittenConfig
  /** JSON pointers of the texts that came from references. */
  readonly interpolated: ReadonlySet<string>
  line(path: readonly (string | number)[]): number | undefined
  /** What the options and the environment say, the options being stronger. */
  readonly service: ServiceOptions
  /** Mistakes found so far; `resolveConfig` reports them with its own. */
  readonly problems: readonly string[]
}

/**
 * Reads the configuration from the file or URL that `options.config` or LIGHTBUS_CONFIG names, or takes the object
 * given. Throws `BUS_CONFIG_UNREADABLE`, and `BUS_CONFIG_INVALID` if it is no YAML or JSON.
 */
export async function loadConfig(
  options: ServiceOptions,
  environment: NodeJS.ProcessEnv,
): Promise<LoadedConfig> {
  const problems: string[] = []
  const service = mergeService(options, environment, problems)
  const { config } = service
  if (typeof config === 'string') return loadFrom(config, service, environment, problems)
  return {
    source: config === undefined ? noSource : givenInCode,
    directory: process.cwd(),
    written: config ?? {},
    interpolated: new Set(),
    line: () => undefined,
    service,
    problems,
  }
}

async function loadFrom(
  location: string,
  service: ServiceOptions,
  environment: NodeJS.ProcessEnv,
  problems: string[],
): Promise<LoadedConfig> {
  const { source, directory, text } = await readConfigSource(location)
  const parsed = parseConfig(text)
  if (parsed.problems.length > 0) throw configInvalid({ source, problems: parsed.problems })
  const { value, paths } = await interpolate(parsed.value ?? {}, environment, (path, problem) =>
    problems.push(atPath(path, parsed.line, problem)),
  )
  // Its shape is checked by resolveConfig, which needs the modules of the transports for that.
  const written = value as WrittenConfig
  return { source, directory, written, interpolated: paths, line: parsed.line, service, problems }
}

/** An empty variable counts as not set: that is what `LIGHTBUS_CONFIG= node ...` means. */
function mergeService(
  options: ServiceOptions,
  environment: NodeJS.ProcessEnv,
  problems: string[],
): ServiceOptions {
  return {
    config: options.config ?? (environment['LIGHTBUS_CONFIG'] || undefined),
    serviceName: options.serviceName ?? (environment['LIGHTBUS_SERVICE_NAME'] || undefined),
    processName: options.processName ?? (environment['LIGHTBUS_PROCESS_NAME'] || undefined),
    features: options.features
      ? checkFeatures(options.features, 'features', problems)
      : featuresFrom(environment, problems),
    logLevel: options.logLevel,
  }
}

function featuresFrom(environment: NodeJS.ProcessEnv, problems: string[]): readonly Feature[] | undefined {
  const text = environment['LIGHTBUS_FEATURES']
  if (!text) return undefined
  const names = text.split(',').map((name) => name.trim())
  return checkFeatures(
    names.filter((name) => name !== ''),
    'LIGHTBUS_FEATURES',
    problems,
  )
}

function checkFeatures(names: readonly string[], where: string, problems: string[]): readonly Feature[] {
  const known = new Set<string>(features)
  for (const name of names.filter((each) => !known.has(each))) {
    const near = nearest(name, features)
    const hint = near ? `did you mean "${near}"?` : `known are ${features.join(', ')}`
    problems.push(`${where}: unknown feature "${name}"; ${hint}`)
  }
  return features.filter((feature) => names.includes(feature))
}
