import { createCall, createEventMessage, type EventMessage, type RpcMessage } from '@lightbus/core/transport'

/** The event that most cases are about. */
export const address = { apiName: 'shop.orders', eventName: 'placed' }

/** An event with this id. */
export function eventNamed(id: string, of: { apiName: string; eventName: string } = address): EventMessage {
  return createEventMessage({ id, ...of, parameters: { id } })
}

/** A call whose result nobody waits for. */
export function callNamed(procedureName: string, returnPath: string, apiName = 'shop.orders'): RpcMessage {
  return { ...createCall({ apiName, procedureName, parameters: {} }), returnPath }
}
