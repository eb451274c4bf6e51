import * as main from '@lightbus/core'
import * as testing from '@lightbus/core/testing'
import * as transport from '@lightbus/core/transport'
import { expect } from 'chai'
import { readdir, readFile } from 'node:fs/promises'

const source = new URL('../src/', import.meta.url)

/** The names of types behind a door, as its file lists them. */
async function typesOf(door: string): Promise<readonly string[]> {
  const text = await readFile(new URL(door, source), 'utf8')
  const lists = [...text.matchAll(/^export (type )?\{(.*?)\} from/gms)]
  return lists
    .flatMap(([, isType, names = '']) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && (isType || name.startsWith('type ')))
        .map((name) => name.replace('type ', '')),
    )
    .sort()
}

describe('the doors of core', () => {
  it('show users these names', async () => {
    expect(Object.keys(main)).to.have.members([
      'BusError',
      'classifyForOwners',
      'classifySchemaChange',
      'createBus',
      'defineApi',
      'event',
      'instance',
      'isBus',
      'isBusError',
      'outcomeTtlMs',
      'procedure',
      'publishedApi',
      'tokens',
    ])
    expect(await typesOf('index.ts')).to.have.members([
      'Api',
      'ApiSchema',
      'Bus',
      'BusOptions',
      'BusSchema',
      'BusVerbs',
      'CallOptions',
      'DeadLetter',
      'DeadLetterReason',
      'DeadLetters',
      'DiscardLetters',
      'Duration',
      'ErrorMatcher',
      'EventDefinition',
      'EventMessage',
      'Feature',
      'FireOptions',
      'GivenPlugin',
      'Handling',
      'KillSwitchOptions',
      'LetterFilter',
      'ListenerOptions',
      'HandlerContext',
      'InstanceSchema',
      'ListenerControl',
      'ListenerLimits',
      'ListenOptions',
      'Log',
      'LogLevel',
      'Next',
      'OnError',
      'PayloadStore',
      'Plugin',
      'PluginContext',
      'PluginModule',
      'PluginOptions',
      'ProcedureDefinition',
      'PublishedApi',
      'PublishedContract',
      'Procedures',
      'RateLimit',
      'RedriveLetters',
      'RetryOptions',
      'RetryRule',
      'ScheduleOptions',
      'SchemaChange',
      'ServeOptions',
      'ServerControl',
      'ServiceOptions',
      'Started',
      'StartReport',
      'StopReport',
      'TaskContext',
      'TaskHandler',
      'TaskOptions',
      'TimedTaskOptions',
      'WrittenConfig',
    ])
  })

  it('show authors of transports these names, and the contracts', async () => {
    expect(Object.keys(transport)).to.have.members([
      'BusError',
      'abortable',
      'backoffMs',
      'callUndecodable',
      'classifySchemaChange',
      'createCall',
      'createEventMessage',
      'createResult',
      'defineError',
      'durationMs',
      'durationSchema',
      'eventUndecodable',
      'inBatches',
      'isBusError',
      'messageTooLarge',
      'realClock',
      'redriveDeadLetters',
      'resultPathForeign',
      'resultPathLost',
      'resultUndecodable',
      'sleep',
      'transportClosed',
      'transportRefused',
      'transportUnavailable',
    ])
    expect(await typesOf('transport.ts')).to.have.members([
      'ApiSchema',
      'Clock',
      'Duration',
      'ErrorDefinition',
      'EventMessage',
      'Headers',
      'JsonSchema',
      'Parameters',
      'PlainValue',
      'RemoteError',
      'ResultMessage',
      'ResultOutcome',
      'RpcMessage',
      'SchemaChange',
      'UnaddressedCall',
    ])
    const text = await readFile(new URL('transport.ts', source), 'utf8')
    const contracts = (await readdir(new URL('contracts/', source))).filter((name) => name !== 'log.ts')
    for (const name of contracts) expect(text).to.contain(`export type * from './contracts/${name}'`)
  })

  it('show testers these names', async () => {
    expect(Object.keys(testing)).to.have.members(['testBus', 'VirtualClock'])
    expect(await typesOf('testing.ts')).to.have.members([
      'DeadLetterExpectation',
      'HandlingExpectation',
      'MessageExpectation',
      'SettleLimits',
      'Stub',
      'TestBus',
      'TestBusOptions',
    ])
  })
})

describe('the time of the bus', () => {
  it('is its clock everywhere, save where a configuration is fetched and a start is measured', async () => {
    const files = (await readdir(source, { recursive: true })).filter((name) => name.endsWith('.ts'))
    const ownTime: string[] = []
    for (const file of files) {
      const text = await readFile(new URL(file, source), 'utf8')
      if (
        /\b(setTimeout|setInterval|Date\.now|new Date\(\)|performance\.now|AbortSignal\.timeout)\b/.test(text)
      )
        ownTime.push(file)
    }
    expect(ownTime).to.have.members(['util/clock.ts', 'config/config-source.ts', 'bus/bus-core.ts'])
  })
})
