import { createBus, type WrittenConfig } from '@lightbus/core'
import type { TransportKind } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { busErrorOf } from './failures.ts'
import { listen, next } from './pulling.ts'
import { eventNamed } from './samples.ts'
import { news, newsAddress } from './news.ts'
import { kindsOf } from './using.ts'

/** L16: options. */
export const optionsCases = {
  L16: async (stage) => {
    const problems = [...undocumented(stage), ...(await unproven(stage))]
    expect(problems, 'options that are not as they should be').to.deep.equal([])
    for (const kind of kindsOf(stage)) await unknownOptionIsRefused(stage, kind)
    if (stage.module.event) await sameInCodeAndConfiguration(stage)
  },
} satisfies Cases

// Most of them wait most of the time; but who is to answer within a second must not wait for all the others to begin.
const proofsAtOnce = 24

type OptionName = `${TransportKind}.${string}`

/** Every option of every kind, with its schema. */
function optionsOf(stage: Stage): ReadonlyMap<OptionName, object> {
  const all = kindsOf(stage).flatMap((kind) =>
    Object.entries(stage.module[kind]?.optionsSchema.properties ?? {}).map(
      ([option, schema]): [OptionName, object] => [`${kind}.${option}`, schema],
    ),
  )
  return new Map(all)
}

function undocumented(stage: Stage): readonly string[] {
  return [...optionsOf(stage)]
    .filter(([, schema]) => !('description' in schema) || schema.description === '')
    .map(([name]) => `${name} has no description`)
}

async function unproven(stage: Stage): Promise<readonly string[]> {
  const proofs = stage.harness.optionProofs ?? {}
  const options = optionsOf(stage)
  const missing = [...options.keys()].filter((name) => !(name in proofs))
  const needless = Object.keys(proofs).filter((name) => !options.has(name as OptionName))
  const failures: string[] = []
  const rest = Object.entries(proofs).values()
  const oneAfterTheOther = async (): Promise<void> => {
    for (const [name, proof] of rest)
      await proof().catch((error: unknown) =>
        failures.push(`${name} does not pass its proof: ${String(error)}`),
      )
  }
  await Promise.all(Array.from({ length: proofsAtOnce }, oneAfterTheOther))
  return [
    ...missing.map((name) => `${name} has no proof`),
    ...needless.map((name) => `${name} has a proof, and is no option`),
    ...failures,
  ]
}

async function unknownOptionIsRefused(stage: Stage, kind: TransportKind): Promise<void> {
  const selector = { [stage.module.name]: { ...stage.options(kind), no_such_option: 1 } }
  const config: WrittenConfig =
    kind === 'schema'
      ? { ...stage.config(), bus: { schema: { transport: selector } } }
      : stage.config({}, { apis: { default: { [`${kind}_transport`]: selector } } })
  const { code, message } = await busErrorOf(createBus({ config, transports: stage.transports() }).start())
  expect(code, `${kind}: an unknown option`).to.equal('BUS_CONFIG_INVALID')
  const place = kind === 'schema' ? 'bus.schema.transport' : `apis.default.${kind}_transport`
  expect(message).to.include(`${place}.${stage.module.name}.no_such_option`)
}

// Where both are given the same, they meet, and one is as strict as the other.
async function sameInCodeAndConfiguration(stage: Stage): Promise<void> {
  const wishes = { maxBytes: 2_000 }
  const large = 'x'.repeat(10_000)
  const events = await stage.event({ wishes })
  const { deliveries } = await listen(stage, events, { events: [newsAddress] })
  const bus = stage.bus([news], { wishes })
  bus.serve(news)
  // Whoever declares no limit carries anything.
  if (events.features.maxBytes !== undefined) {
    const sent = eventNamed(large, newsAddress)
    expect((await busErrorOf(events.send(sent))).code, 'in code').to.equal('BUS_MESSAGE_TOO_LARGE')
    const firing = bus.fire('shop.news.broke', { id: large })
    expect((await busErrorOf(firing)).code, 'from a configuration').to.equal('BUS_MESSAGE_TOO_LARGE')
  }
  await bus.fire('shop.news.broke', { id: 'small' })
  expect((await next(deliveries)).event?.parameters, 'what arrives').to.deep.equal({ id: 'small' })
}
