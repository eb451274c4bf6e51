import { Ajv } from 'ajv'
import { configInvalid } from '../errors/catalogue.ts'
import { describeErrors } from './config-problems.ts'
import type { WithOptions } from './config-schema.ts'
import { givenInCode } from './load-config.ts'
import { deepFreeze, plainCopy } from './plain-copy.ts'
import { section } from './schema-parts.ts'

type Options = Readonly<Record<string, unknown>>

/** A copy of the options that a program gives to a plugin, with the defaults filled in. Throws `BUS_CONFIG_INVALID`. */
export function completePluginOptions(
  { name, optionsSchema }: WithOptions & { readonly name: string },
  given: Options,
): Options {
  // A copy is of the same shape.
  const options = plainCopy(given) as Options
  const ajv = new Ajv({ allErrors: true, strict: false, useDefaults: true, verbose: true })
  const validate = ajv.compile(section({ plugins: section({ [name]: { ...optionsSchema } }) }))
  if (validate({ plugins: { [name]: options } })) return deepFreeze(options)
  const problems = describeErrors(validate.errors ?? [], () => undefined)
  throw configInvalid({ source: givenInCode, problems })
}
