import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import type { JsonSchema } from '../api/api-schema.ts'
import { kindOf, valueAt } from '../api/issues.ts'
import { defused, hopKeyword } from './defused-schema.ts'
import { linearPattern } from './linear-pattern.ts'

/** What a check has found: the value, sentences that say what is wrong with it, or why the schema itself cannot be used. */
export type Finding<T> =
  { readonly value: T } | { readonly problems: readonly string[] } | { readonly unusable: string }

// As Python peers do: formats are not checked, unknown keywords pass, and so does whatever a schema of another draft says.
const leniency: Options = {
  strict: false,
  validateFormats: false,
  allErrors: true,
  validateSchema: false,
  ownProperties: true,
  logger: false,
}

// Where following references takes longer than this, a schema refers to itself in ways that never end.
const mostHops = 500_000

/** A compiled schema. */
interface Check {
  readonly validate: ValidateFunction
  /** Whether it may write defaults into what it checks, which is a copy then. */
  readonly fills: boolean
}

/** One way of checking, with every schema compiled at its first use and forgotten with the schema. Never throws. */
export class SchemaCompiler {
  readonly #ajv: Ajv
  readonly #isTrusted: boolean
  readonly #useDefaults: boolean
  readonly #compiled = new WeakMap<JsonSchema, Check | string>()
  #hops = 0

  /** A schema of somebody else can do no harm; one of this process is taken at its word. */
  constructor({ useDefaults, isTrusted }: { readonly useDefaults: boolean; readonly isTrusted: boolean }) {
    this.#isTrusted = isTrusted
    this.#useDefaults = useDefaults
    this.#ajv = new Ajv({
      ...leniency,
      useDefaults,
      ...(isTrusted ? {} : { inlineRefs: false, code: { regExp: linear } }),
    })
    this.#ajv.removeKeyword('uniqueItems').addKeyword(uniqueItems)
    this.#ajv.addKeyword({ keyword: hopKeyword, before: '$ref', errors: false, validate: () => this.#hop() })
  }

  check<T>(schema: JsonSchema, value: T): Finding<T> {
    const check = this.#compile(schema)
    if (typeof check === 'string') return { unusable: check }
    const { validate, fills } = check
    this.#hops = 0
    try {
      const filled = fills ? structuredClone(value) : value
      if (validate(filled)) return { value: filled }
    } catch {
      return this.#givenUp(schema, value)
    }
    const errors = (validate.errors ?? []).slice(0, mostProblems)
    return { problems: errors.map((error) => problem(error, value)) }
  }

  // What is too deep for the stack is not to be handled either; where it is not deep, it is the schema that has no end.
  #givenUp(
    schema: JsonSchema,
    value: unknown,
  ): { readonly unusable: string } | { readonly problems: readonly string[] } {
    const isEndless = this.#hops > mostHops || !isDeeper(value, shallow)
    if (this.#isTrusted || !isEndless) return { problems: ['/: is nested too deeply to be checked'] }
    const unusable = 'its references never end'
    this.#compiled.set(schema, unusable)
    return { unusable }
  }

  #compile(schema: JsonSchema): Check | string {
    if (typeof schema !== 'object' || schema === null) return 'it is no object'
    let check = this.#compiled.get(schema)
    if (check === undefined) {
      check = this.#compileAnew(schema)
      this.#compiled.set(schema, check)
    }
    return check
  }

  #compileAnew(schema: JsonSchema): Check | string {
    // The draft that a schema names does not matter here, and its identity must not: two owners may publish the same one.
    const { $schema: _, $id: __, ...rest } = schema
    let usable: JsonSchema = rest
    try {
      if (!this.#isTrusted) usable = defused(rest)
      const fills = this.#useDefaults && JSON.stringify(usable).includes('"default"')
      return { validate: this.#ajv.compile(usable), fills }
    } catch (error) {
      return (error as Error).message
    } finally {
      this.#ajv.removeSchema(usable)
    }
  }

  #hop(): boolean {
    if ((this.#hops += 1) > mostHops) throw new RangeError('too many references')
    return true
  }
}

const shallow = 500

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1))
}

// What Ajv generates as code is none of ours: it calls the engine by the name that it was given.
const linear = Object.assign((pattern: string) => linearPattern(pattern), { code: 'linearPattern' })

// Ajv's own compares each item with each other one.
const uniqueItems = {
  keyword: 'uniqueItems',
  type: 'array' as const,
  schemaType: 'boolean' as const,
  error: { message: 'must NOT have duplicate items' },
  validate: (isWanted: boolean, items: readonly unknown[]) =>
    !isWanted || new Set(items.map(canonical)).size === items.length,
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  )
}

const mostProblems = 10

// Names the path, what was expected and the kind of what was received; never the value, which may be a secret.
function problem(error: ErrorObject, value: unknown): string {
  const path = error.instancePath === '' ? '/' : error.instancePath
  if (error.keyword === 'required') return `${path}: "${String(error.params['missingProperty'])}" is missing`
  if (error.keyword === 'additionalProperties')
    return `${path}: "${String(error.params['additionalProperty'])}" is unknown`
  const steps = error.instancePath.split('/').slice(1)
  const names = steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  return `${path}: ${error.message ?? error.keyword}, received ${kindOf(valueAt(value, names))}`
}
