const brand = Symbol.for('lightbus.error')

/**
 * Every error that Lightbus raises. `code` is stable and never reused; `facts` hold what happened as plain data, without
 * secrets; `retriable` says whether the same act may succeed when tried again later, unchanged.
 */
export class BusError<Code extends string = string, Facts extends object = object> extends Error {
  readonly code: Code
  readonly facts: Facts
  readonly retriable: boolean

  constructor(
    code: Code,
    message: string,
    details: { readonly facts: Facts; readonly retriable: boolean; readonly cause?: unknown },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'BusError'
    this.code = code
    this.facts = details.facts
    this.retriable = details.retriable
    Object.defineProperty(this, brand, { value: true })
  }
}

/** Makes the errors of one code: throw sites give the facts, the definition owns the sentence. */
export interface ErrorDefinition<Code extends string, Facts extends object> {
  (facts: Facts, cause?: unknown): BusError<Code, Facts>
  readonly code: Code
}

/**
 * Defines an error of the catalogue.
 *
 * @param sentence what did not work, with its names · the facts · what to do
 * @param options `retriable` when trying again helps; false unless given
 */
export function defineError<Code extends string, Facts extends object>(
  code: Code,
  sentence: (facts: Facts) => string,
  options: { readonly retriable?: boolean } = {},
): ErrorDefinition<Code, Facts> {
  const make = (facts: Facts, cause?: unknown): BusError<Code, Facts> =>
    new BusError(code, sentence(facts), { facts, retriable: options.retriable ?? false, cause })
  return Object.assign(make, { code })
}

/**
 * Recognizes an error of Lightbus, of one code if given. Goes by brand, so that two copies of the package in one
 * process recognize each other's errors.
 */
export function isBusError<Code extends string = string>(
  error: unknown,
  code?: Code,
): error is BusError<Code> {
  return (
    error instanceof Error &&
    brand in error &&
    (code === undefined || ('code' in error && error.code === code))
  )
}
