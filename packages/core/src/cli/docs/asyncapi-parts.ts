import type { JsonSchema } from '../../api/api-schema.ts'
import type { Carrier } from '../../transports/transport-set.ts'
import { anchor } from './anchor.ts'
import { asComponent, looksReferring } from './component-schemas.ts'
import type { DocumentedApi, DocumentedEvent, DocumentedProcedure } from './documentation.ts'
import { exampleOf } from './example-of.ts'
import { descriptionOf } from './schema-view.ts'

/** A part of a document: plain data. */
export type Node = Readonly<Record<string, unknown>>

/** What one event or procedure adds to a document. */
export interface Parts {
  readonly channels: Node
  readonly operations: Node
  readonly messages: Node
  readonly schemas: Node
}

/** A channel, the owner that sends, and the listeners that receive. */
export function ofEvent(
  api: DocumentedApi,
  { path, version, parameters, listeners }: DocumentedEvent,
): Parts {
  const channel = anchor(path)
  const schema = `${channel}-parameters`
  const about = { ...aboutOf(api, parameters), 'x-lightbus-listeners': listeners }
  const of = {
    channel: ref('channels', channel),
    messages: [ref('channels', channel, 'messages', 'event')],
    tags: [{ name: api.name }],
  }
  const receiving = listeners.map(({ service, listener }) => {
    const title = `${service} listens for ${path} as ${listener}`
    const operation = { action: 'receive', title, ...of, 'x-lightbus-listener': { service, listener } }
    return [`${channel}-listen-${anchor(service)}-${anchor(listener)}`, operation]
  })
  return {
    channels: {
      [channel]: {
        ...channelOf(path, api.carriers.event),
        messages: { event: ref('components', 'messages', channel) },
        ...about,
      },
    },
    operations: {
      [`${channel}-fire`]: { action: 'send', title: `Fire ${path}`, ...of, ...about },
      ...(Object.fromEntries(receiving) as Node),
    },
    messages: {
      [channel]: {
        title: `Event ${path}`,
        ...messageOf(api, path, 'event-headers', { schema, rules: parameters }),
        ...(version === undefined ? {} : { 'x-lightbus-version': version }),
      },
    },
    schemas: { [schema]: asComponent(parameters, schema) },
  }
}

/** A channel for calls and one for results, and the owner that receives and replies. */
export function ofProcedure(api: DocumentedApi, { path, parameters, result }: DocumentedProcedure): Parts {
  const channel = anchor(path)
  const replies = `${channel}-result`
  const schema = `${channel}-parameters`
  return {
    channels: {
      [channel]: {
        ...channelOf(path, api.carriers.rpc),
        messages: { call: ref('components', 'messages', channel) },
        ...aboutOf(api, parameters),
      },
      [replies]: {
        address: null,
        title: `Results of ${path}`,
        messages: { result: ref('components', 'messages', replies) },
      },
    },
    operations: {
      [`${channel}-serve`]: {
        action: 'receive',
        title: `Serve ${path}`,
        channel: ref('channels', channel),
        messages: [ref('channels', channel, 'messages', 'call')],
        reply: replyOn(replies),
        tags: [{ name: api.name }],
        ...aboutOf(api, parameters),
      },
    },
    messages: {
      [channel]: {
        title: `Call ${path}`,
        ...messageOf(api, path, 'call-headers', { schema, rules: parameters }),
      },
      [replies]: {
        title: `Result of ${path}`,
        ...messageOf(api, path, 'result-headers', { schema: replies, rules: result }),
      },
    },
    schemas: { [schema]: asComponent(parameters, schema), [replies]: asComponent(result, replies) },
  }
}

/** Who owns an API: one service, several, or nobody that is known. */
export function ownersOf(owners: readonly string[]): Node {
  return owners.length === 0 ? {} : { 'x-lightbus-owner': owners.length === 1 ? owners[0] : owners }
}

/** What a server is called within the document. */
export function serverKey({ transport, address }: Carrier): string {
  return `${transport}-${address.replace(/^[\w+]+:\/\//, '')}`.replace(/[^\w.]+/g, '-')
}

function channelOf(address: string, carrier: Carrier): Node {
  return { address, title: address, servers: [ref('servers', serverKey(carrier))] }
}

function replyOn(replies: string): Node {
  return {
    address: { location: '$message.header#/return_path', description: 'Where the caller waits.' },
    channel: ref('channels', replies),
    messages: [ref('channels', replies, 'messages', 'result')],
  }
}

function messageOf(
  { name: api }: DocumentedApi,
  name: string,
  headers: string,
  { schema, rules }: { readonly schema: string; readonly rules: JsonSchema },
): Node {
  const payload = exampleOf(rules)
  return {
    name,
    contentType: 'application/json',
    headers: ref('components', 'schemas', headers),
    payload: ref('components', 'schemas', schema),
    tags: [{ name: api }],
    ...described(rules),
    ...(payload === undefined || looksReferring(payload) ? {} : { examples: [{ payload }] }),
  }
}

function aboutOf({ owners }: DocumentedApi, rules: JsonSchema): Node {
  return { ...described(rules), ...ownersOf(owners) }
}

function described(schema: JsonSchema): Node {
  const description = descriptionOf(schema)
  return description === undefined ? {} : { description }
}

function ref(...steps: readonly string[]): Node {
  return { $ref: `#/${steps.join('/')}` }
}
