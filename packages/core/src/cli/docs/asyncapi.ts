import type { JsonSchema } from '../../api/api-schema.ts'
import type { Carrier } from '../../transports/transport-set.ts'
import { asComponent, looksReferring } from './component-schemas.ts'
import type {
  Documentation,
  DocumentedApi,
  DocumentedEvent,
  DocumentedListener,
  DocumentedProcedure,
} from './documentation.ts'
import { exampleOf } from './example-of.ts'
import { descriptionOf } from './schema-view.ts'

/** A part of a document: plain data. */
type Node = Readonly<Record<string, unknown>>
type Entry = readonly [string, Node]

/**
 * The AsyncAPI 3 document. Operations are those of the owner: it sends its events, and receives calls and replies to them. A listener that is
 * known has an operation of its own.
 */
export function asyncApi({ title, version, apis }: Documentation): Node {
  const all = apis.flatMap((api) => [
    ...api.events.map((event) => ofEvent(api, event)),
    ...api.procedures.map((procedure) => ofProcedure(api, procedure)),
  ])
  const gathered = (part: keyof Part): Node => Object.fromEntries(all.flatMap((one) => one[part]))
  return {
    asyncapi: '3.0.0',
    info: { title, version, tags: apis.map(tagOf) },
    defaultContentType: 'application/json',
    servers: Object.fromEntries(
      apis.flatMap(({ carriers }) =>
        [carriers.event, carriers.rpc].map((each) => [serverKey(each), server(each)]),
      ),
    ),
    channels: gathered('channels'),
    operations: gathered('operations'),
    components: { messages: gathered('messages'), schemas: { ...headers, ...gathered('schemas') } },
  }
}

/** What one event or procedure adds to the document. */
interface Part {
  readonly channels: readonly Entry[]
  readonly operations: readonly Entry[]
  readonly messages: readonly Entry[]
  readonly schemas: readonly Entry[]
}

function ofEvent(api: DocumentedApi, { path, version, parameters, listeners }: DocumentedEvent): Part {
  const channel = key(path)
  const about = { ...aboutOf(api), ...described(parameters), ...listenersOf(listeners) }
  const operation = (action: 'send' | 'receive', more: Node): Node => ({
    action,
    channel: ref('channels', channel),
    messages: [ref('channels', channel, 'messages', 'event')],
    tags: [{ name: api.name }],
    ...more,
  })
  return {
    channels: [
      [
        channel,
        {
          ...channelOf(path, api.carriers.event),
          messages: { event: ref('components', 'messages', channel) },
          ...about,
        },
      ],
    ],
    operations: [
      [`${channel}-fire`, operation('send', { title: `Fire ${path}`, ...about })],
      ...listeners.map(({ service, listener }): Entry => [
        `${channel}-listen-${key(service)}-${key(listener)}`,
        operation('receive', {
          title: `${service} listens for ${path} as ${listener}`,
          'x-lightbus-listener': { service, listener },
        }),
      ]),
    ],
    messages: [
      [
        channel,
        {
          ...message(api, path, `${channel}-parameters`, parameters),
          title: `Event ${path}`,
          headers: ref('components', 'schemas', 'event-headers'),
          ...(version === undefined ? {} : { 'x-lightbus-version': version }),
        },
      ],
    ],
    schemas: [[`${channel}-parameters`, asComponent(parameters, `${channel}-parameters`)]],
  }
}

function ofProcedure(api: DocumentedApi, { path, parameters, result }: DocumentedProcedure): Part {
  const channel = key(path)
  const replies = `${channel}-result`
  const about = { ...aboutOf(api), ...described(parameters) }
  const inChannel = (name: string, of: string): Node => ref('channels', name, 'messages', of)
  return {
    channels: [
      [
        channel,
        {
          ...channelOf(path, api.carriers.rpc),
          messages: { call: ref('components', 'messages', channel) },
          ...about,
        },
      ],
      [
        replies,
        {
          address: null,
          title: `Results of ${path}`,
          messages: { result: ref('components', 'messages', replies) },
        },
      ],
    ],
    operations: [
      [
        `${channel}-serve`,
        {
          action: 'receive',
          title: `Serve ${path}`,
          channel: ref('channels', channel),
          messages: [inChannel(channel, 'call')],
          reply: {
            address: { location: '$message.header#/return_path', description: 'Where the caller waits.' },
            channel: ref('channels', replies),
            messages: [inChannel(replies, 'result')],
          },
          tags: [{ name: api.name }],
          ...about,
        },
      ],
    ],
    messages: [
      [
        channel,
        {
          ...message(api, path, `${channel}-parameters`, parameters),
          title: `Call ${path}`,
          headers: ref('components', 'schemas', 'call-headers'),
        },
      ],
      [
        replies,
        {
          ...message(api, path, replies, result),
          title: `Result of ${path}`,
          headers: ref('components', 'schemas', 'result-headers'),
        },
      ],
    ],
    schemas: [
      [`${channel}-parameters`, asComponent(parameters, `${channel}-parameters`)],
      [replies, asComponent(result, replies)],
    ],
  }
}

function channelOf(address: string, carrier: Carrier): Node {
  return { address, title: address, servers: [ref('servers', serverKey(carrier))] }
}

function message({ name: api }: DocumentedApi, name: string, schema: string, rules: JsonSchema): Node {
  const payload = exampleOf(rules)
  return {
    name,
    contentType: 'application/json',
    payload: ref('components', 'schemas', schema),
    tags: [{ name: api }],
    ...described(rules),
    ...(payload === undefined || looksReferring(payload) ? {} : { examples: [{ payload }] }),
  }
}

function aboutOf({ owners }: Pick<DocumentedApi, 'owners'>): Node {
  return owners.length === 0 ? {} : { 'x-lightbus-owner': owners.length === 1 ? owners[0] : owners }
}

function listenersOf(listeners: readonly DocumentedListener[]): Node {
  return { 'x-lightbus-listeners': listeners }
}

function described(schema: JsonSchema): Node {
  const description = descriptionOf(schema)
  return description === undefined ? {} : { description }
}

function tagOf({ name, description, owners }: DocumentedApi): Node {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...aboutOf({ owners }),
  }
}

function serverKey({ transport, address }: Carrier): string {
  return `${transport}-${address.replace(/^[\w+]+:\/\//, '')}`.replace(/[^\w.]+/g, '-')
}

function server({ transport, address }: Carrier): Node {
  const [, protocol = transport, host = address, pathname = ''] =
    /^(\w[\w+.-]*):\/\/([^/]*)(\/.*)?$/.exec(address) ?? []
  return { host, protocol, ...(pathname.length > 1 ? { pathname } : {}), title: `${transport} at ${address}` }
}

const text = { type: 'string' }
const own = { type: 'object', additionalProperties: text, description: 'Headers of the sender.' }

// The metadata of messages, as Lightbus calls it in every language.
const headers = {
  'event-headers': {
    type: 'object',
    properties: { id: text, api_name: text, event_name: text, version: { type: 'integer' }, headers: own },
    required: ['id', 'api_name', 'event_name', 'version'],
  },
  'call-headers': {
    type: 'object',
    properties: { id: text, api_name: text, procedure_name: text, return_path: text, headers: own },
    required: ['id', 'api_name', 'procedure_name', 'return_path'],
  },
  'result-headers': {
    type: 'object',
    properties: { id: text, rpc_message_id: text, error: { type: 'boolean' }, headers: own },
    required: ['id', 'rpc_message_id', 'error'],
  },
}

/** A name within the document: what other names than ours may have besides is written as its code point. */
function key(name: string): string {
  return name.replace(/[^\w.]/gu, (character) => `-${(character.codePointAt(0) ?? 0).toString(16)}-`)
}

function ref(...steps: readonly string[]): Node {
  return { $ref: `#/${steps.join('/')}` }
}
