import type { Carrier } from '../../transports/transport-set.ts'
import { ofEvent, ofProcedure, ownersOf, serverKey, type Node, type Parts } from './asyncapi-parts.ts'
import type { Documentation, DocumentedApi } from './documentation.ts'

/**
 * The AsyncAPI 3 document. Operations are those of the owner: it sends its events, and receives calls and replies to them. A listener that is
 * known has an operation of its own.
 */
export function asyncApi({ title, version, apis }: Documentation): Node {
  const all = apis.flatMap((api) => [
    ...api.events.map((event) => ofEvent(api, event)),
    ...api.procedures.map((procedure) => ofProcedure(api, procedure)),
  ])
  const gathered = (part: keyof Parts): Node => Object.assign({}, ...all.map((one) => one[part])) as Node
  const carriers = apis.flatMap(({ carriers: { event, rpc } }) => [event, rpc])
  return {
    asyncapi: '3.0.0',
    info: { title, version, tags: apis.map(tagOf) },
    defaultContentType: 'application/json',
    servers: Object.fromEntries(carriers.map((carrier) => [serverKey(carrier), server(carrier)])),
    channels: gathered('channels'),
    operations: gathered('operations'),
    components: { messages: gathered('messages'), schemas: { ...headers, ...gathered('schemas') } },
  }
}

function tagOf({ name, description, owners }: DocumentedApi): Node {
  return { name, ...(description === undefined ? {} : { description }), ...ownersOf(owners) }
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
