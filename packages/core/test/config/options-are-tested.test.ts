import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { configSchema } from '../../src/config/config-schema.ts'

interface Option {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Option>>
  readonly additionalProperties?: Option | boolean
}

const options = 'test-integration/test/options.test.ts'
const ofTheFile = 'test-integration/test/pitfalls/options-of-the-file.test.ts'
const policy = 'packages/core/test/failure-policy.test.ts'

/** For each option a test that fails when the option is ignored. */
const proofs: Readonly<Record<string, readonly [file: string, title: string]>> = {
  service_name: [ofTheFile, 'service_name and process_name: what the process is called'],
  process_name: [ofTheFile, 'service_name and process_name: what the process is called'],
  'bus.log_level': [
    'test-integration/test/trust/logging.test.ts',
    'keeps log_level: what is below it is not written',
  ],
  'bus.shutdown_timeout': [options, 'shutdown_timeout: what still runs then is aborted'],
  'bus.start_timeout': [options, 'start_timeout: gives up on a broker that is not there'],
  'bus.carried_headers': [
    'test-integration/test/trust/context.test.ts',
    'flows from a handler to what it fires and calls, over several hops',
  ],
  'bus.claim_check.above': [
    'test-integration/test/trust/delivery.test.ts',
    'travel by claim check, and arrive as they were fired',
  ],
  'bus.claim_check.ttl': [ofTheFile, 'bus.claim_check.ttl: how long large parameters are kept'],
  'bus.schema.ttl': [ofTheFile, 'bus.schema.ttl: how long a schema outlives its service'],
  'bus.schema.on_conflict': [options, 'on_conflict: another schema is noted, or refuses the start'],
  'bus.schema.on_breaking_change': [
    options,
    'on_breaking_change: a change that breaks callers is told, refuses the start, or is nothing',
  ],
  'bus.schema.transport': [options, 'transports: modules of the program, by the names of the configuration'],
  'apis.*.rpc_timeout': [options, 'rpc_timeout: how long calls of the API wait'],
  'apis.*.validate.outgoing': [
    'test-integration/test/trust/failures.test.ts',
    'an event that does not fit its schema goes the same way at once, and the stream goes on',
  ],
  'apis.*.validate.incoming': [options, 'validate: off means that nothing is checked'],
  'apis.*.strict_validation': [
    'test-integration/test/bad-input.test.ts',
    'refuses messages without a schema where validation is strict',
  ],
  'apis.*.cast_values': [
    'test-integration/test/values.test.ts',
    'stay what JSON says with cast_values: false',
  ],
  'apis.*.on_error': [options, 'on_error: what happens to the failed events of the API'],
  'apis.*.retry.attempts': [
    policy,
    'tries again after pauses that grow to a ceiling, and gives up after the last attempt',
  ],
  'apis.*.retry.backoff': [policy, 'tries again after pauses that stay the same'],
  'apis.*.retry.delay': [
    policy,
    'tries again after pauses that grow to a ceiling, and gives up after the last attempt',
  ],
  'apis.*.retry.max_delay': [
    policy,
    'tries again after pauses that grow to a ceiling, and gives up after the last attempt',
  ],
  'apis.*.retry.jitter': [policy, 'shortens pauses at random by up to a half, unless told not to'],
  'apis.*.retry.final': [
    policy,
    'gives up at once after errors that are final, by code, by name or by class',
  ],
  'apis.*.retry.rules': [policy, 'has rules for some errors, of which the first that matches counts'],
  'apis.*.concurrency': [
    'test-integration/test/trust/flow-of-calls.test.ts',
    'concurrency of an API: in the file, stronger in code, and changed while the bus runs',
  ],
  'apis.*.prefetch': [
    'test-integration/test/trust/flow-of-calls.test.ts',
    'prefetch of an API: how many may be held before others are refused',
  ],
  'apis.*.event_transport': [
    options,
    'transports: modules of the program, by the names of the configuration',
  ],
  'apis.*.rpc_transport': [options, 'transports: modules of the program, by the names of the configuration'],
  'apis.*.result_transport': [
    options,
    'transports: modules of the program, by the names of the configuration',
  ],
}

describe('the options of the configuration', () => {
  it('have a test each that fails when the option is ignored', () => {
    const { service_name, process_name, bus, apis } = (configSchema(new Map()) as Option).properties ?? {}
    const api = typeof apis?.additionalProperties === 'object' ? apis.additionalProperties : {}
    const all = namesOf({ service_name, process_name, bus, apis: { properties: { '*': api } } })
    expect(Object.keys(proofs)).to.have.members(all)
  })

  it('have tests that exist', async () => {
    for (const [path, title] of Object.values(proofs)) {
      const text = await readFile(new URL(`../../../../${path}`, import.meta.url), 'utf8')
      expect(text, path).to.contain(`it('${title}',`)
    }
  })
})

/** The paths of the options that have an effect; a transport counts as one, and proves its own. */
function namesOf(of: Readonly<Record<string, Option | undefined>>, path = ''): readonly string[] {
  return Object.entries(of).flatMap(([name, option = {}]) => {
    if (option.description?.includes('no effect here')) return []
    const { properties } = option
    return properties && !name.endsWith('transport')
      ? namesOf(properties, `${path}${name}.`)
      : [`${path}${name}`]
  })
}
