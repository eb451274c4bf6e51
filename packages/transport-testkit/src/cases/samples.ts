import { defineApi, event, procedure } from '@lightbus/core'
import { createCall, createEventMessage, type EventMessage, type RpcMessage } from '@lightbus/core/transport'

/** The event that most cases are about. */
export const address = { apiName: 'shop.orders', eventName: 'placed' }

/** The API that it belongs to, for cases with a whole bus. */
export const orders = defineApi('shop.orders', {
  events: { placed: event({ id: { type: 'string' } }) },
  procedures: {
    buy: procedure({ sku: { type: 'string' } }, { type: 'string' }),
    look: procedure({}, { type: 'string' }),
  },
})

/** An event with this id. */
export function eventNamed(id: string, changes: Partial<EventMessage> = {}): EventMessage {
  return { ...createEventMessage({ id, ...address, parameters: { id } }), ...changes }
}

/** Events with numbered ids. */
export function eventsNamed(prefix: string, count: number): EventMessage[] {
  return Array.from({ length: count }, (_, index) => eventNamed(`${prefix}-${index}`))
}

/** A call of a procedure of the usual API. */
export function callNamed(procedureName: string, returnPath: string, apiName = address.apiName): RpcMessage {
  return { ...createCall({ apiName, procedureName, parameters: {} }), returnPath }
}
