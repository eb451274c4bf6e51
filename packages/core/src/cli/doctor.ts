import { randomUUID } from 'node:crypto'
import { transportsIn } from '../config/complete-config.ts'
import { apiConfig, type Config, type TransportChoice } from '../config/config.ts'
import { loadConfig, type LoadedConfig } from '../config/load-config.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import type { Risk, Transport, TransportContext } from '../contracts/transport.ts'
import type { TransportKind, TransportModule } from '../contracts/transport-module.ts'
import { transportKindAbsent } from '../errors/catalogue.ts'
import { isBusError } from '../errors/define-error.ts'
import { loadTransport } from '../transports/load-transport.ts'
import { realClock } from '../util/clock.ts'

/** The options of `lightbus doctor`, as the command line gives them. */
export interface DoctorOptions {
  readonly config?: string
  readonly json?: boolean
}

/** What the doctor says of one transport. */
interface Finding {
  readonly transport: string
  readonly address: string
  /** The keys of the configuration that choose it. */
  readonly usedAs: readonly string[]
  readonly isHealthy: boolean
  /** Why it is not; without a code where the error has none. */
  readonly error?: { readonly code?: string; readonly message: string }
  readonly risks: readonly Risk[]
}

interface Use {
  readonly path: string
  readonly kind: TransportKind
  readonly choice: TransportChoice
}

type Modules = ReadonlyMap<string, TransportModule>

/**
 * Opens every transport of the configuration, and prints how each is and what its settings risk. Sets the exit code: 1 when one is
 * not healthy or a risk is a danger. Throws what is wrong with the configuration itself.
 */
export async function runDoctor({ config, json = false }: DoctorOptions): Promise<void> {
  const loaded = await loadConfig({ config }, process.env)
  const modules = await modulesOf(loaded)
  const resolved = resolveConfig(loaded, modules)
  const context = contextOf(resolved)
  const uses = usesIn(resolved, loaded)
  const findings = merged(await Promise.all(uses.map((use) => examine(use, modules, context))))
  const isWell = findings.every(({ isHealthy, risks }) => isHealthy && risks.every(isBearable))
  const report = { configuration: resolved.source, isWell, transports: findings }
  console.log(json ? JSON.stringify(report, undefined, 2) : written(resolved.source, findings))
  if (!isWell) process.exitCode = 1
}

async function modulesOf({ written, source, directory }: LoadedConfig): Promise<Modules> {
  const modules = new Map<string, TransportModule>()
  for (const name of transportsIn(written, source)) modules.set(name, await loadTransport(name, directory))
  return modules
}

// What a transport reports of itself is asked for, and so need not be told twice.
function contextOf({ serviceName }: Config): TransportContext {
  return { serviceName, processName: `doctor-${randomUUID()}`, clock: realClock, report: () => undefined }
}

/** Every place that takes a transport. Where APIs are named and no default is written, the default is nobody's. */
function usesIn(config: Config, { written }: LoadedConfig): readonly Use[] {
  const named = Object.keys(written.apis ?? {}).filter((name) => name !== 'default')
  const names = named.length > 0 && written.apis?.['default'] === undefined ? named : ['default', ...named]
  const ofApis = names.flatMap((name) =>
    (['event', 'rpc', 'result'] as const).map((kind): Use => {
      const isWritten = written.apis?.[name]?.[`${kind}_transport`]
      const path = `apis.${name}.${kind}_transport${isWritten ? '' : ' (by default)'}`
      return { path, kind, choice: apiConfig(config, name)[`${kind}Transport`] }
    }),
  )
  const path = `bus.schema.transport${written.bus?.schema?.transport ? '' : ' (by default)'}`
  return [...ofApis, { path, kind: 'schema', choice: config.schema.transport }]
}

async function examine({ path, kind, choice }: Use, modules: Modules, context: TransportContext) {
  const factory = modules.get(choice.transport)?.[kind]
  if (!factory) throw transportKindAbsent({ transport: choice.transport, kind })
  const transport: Transport = factory.create(choice.options, context)
  const place = { transport: transport.name, address: transport.address, usedAs: [path] }
  try {
    await transport.open()
    try {
      return { ...place, ...(await lookAt(transport)) }
    } finally {
      await transport.close()
    }
  } catch (error) {
    return { ...place, isHealthy: false, error: told(error), risks: [] }
  }
}

async function lookAt(transport: Transport): Promise<Pick<Finding, 'isHealthy' | 'error' | 'risks'>> {
  const health = await transport.health()
  const risks = (await transport.risks?.()) ?? []
  return health.isUp
    ? { isHealthy: true, risks }
    : { isHealthy: false, error: { message: health.why }, risks }
}

function told(error: unknown): NonNullable<Finding['error']> {
  if (isBusError(error)) return { code: error.code, message: error.message }
  return { message: error instanceof Error ? error.message : String(error) }
}

/** One for each broker that is the same and just as well. */
function merged(findings: readonly Finding[]): readonly Finding[] {
  const byPlace = new Map<string, Finding>()
  for (const finding of findings) {
    const { transport, address, error } = finding
    const key = JSON.stringify([transport, address, error])
    const before = byPlace.get(key)
    byPlace.set(key, before ? joined(before, finding) : finding)
  }
  return [...byPlace.values()]
}

function joined(one: Finding, other: Finding): Finding {
  const risks = new Map([...one.risks, ...other.risks].map((risk) => [JSON.stringify(risk), risk]))
  return { ...one, usedAs: [...one.usedAs, ...other.usedAs], risks: [...risks.values()] }
}

function isBearable({ severity }: Risk): boolean {
  return severity !== 'danger'
}

function written(source: string, findings: readonly Finding[]): string {
  return [`Configuration: ${source}`, ...findings.flatMap(paragraph), '', summary(findings)].join('\n')
}

function paragraph({ transport, address, usedAs, error, risks }: Finding): readonly string[] {
  const state = error ? `not healthy\n  ${error.code ? `${error.code}: ` : ''}${error.message}` : 'healthy'
  return [
    '',
    `${transport} at ${address}: ${state}`,
    ...usedAs.map((path) => `  used as ${path}`),
    ...risks.map(
      ({ severity, setting, value, risk, cure }) =>
        `  ${severity.padEnd(7)} ${setting} is ${value}: ${risk} ${cure}`,
    ),
  ]
}

function summary(findings: readonly Finding[]): string {
  const risks = findings.flatMap((finding) => finding.risks)
  const dangers = risks.filter((risk) => !isBearable(risk)).length
  const counts = [
    [findings.filter(({ isHealthy }) => !isHealthy).length, 'not healthy'],
    [dangers, dangers === 1 ? 'danger' : 'dangers'],
    [risks.length - dangers, risks.length - dangers === 1 ? 'warning' : 'warnings'],
  ] as const
  const said = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  return said.length === 0 ? 'Nothing is wrong.' : `${said.join(', ')}.`
}
