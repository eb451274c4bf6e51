import type { Api, EventDefinition, ParametersIn, ProcedureDefinition } from '../api/define-api.ts'
import { splitPath } from '../bus/split-path.ts'
import { apiUnknown, eventUnknown, procedureUnknown } from '../errors/catalogue.ts'
import { nearest } from '../util/nearest.ts'

/** The paths of all events of these APIs: `shop.order_placed`. */
export type EventPathOf<A extends Api> = A extends Api ? `${A['name']}.${keyof A['events'] & string}` : never

/** The paths of all procedures of these APIs: `shop.place_order`. */
export type ProcedurePathOf<A extends Api> = A extends Api
  ? `${A['name']}.${keyof A['procedures'] & string}`
  : never

/** The event at a path. */
export type EventAt<A extends Api, Path extends string> = A extends Api
  ? Path extends `${A['name']}.${infer Name}`
    ? Name extends keyof A['events']
      ? A['events'][Name]
      : never
    : never
  : never

/** The procedure at a path. */
export type ProcedureAt<A extends Api, Path extends string> = A extends Api
  ? Path extends `${A['name']}.${infer Name}`
    ? Name extends keyof A['procedures']
      ? A['procedures'][Name]
      : never
    : never
  : never

/** The parameters of an event or a procedure, as their sender writes them. */
export type SentParameters<D extends EventDefinition | ProcedureDefinition> = ParametersIn<D['parameters']>

/** Parameters that may be left out when none is needed, and what may follow them. */
export type Given<P, Options> = {} extends P
  ? [parameters?: P, options?: Options]
  : [parameters: P, options?: Options]

/** Some of a value: of objects at any depth as many members as one likes. */
export type Part<T> = T extends Date | Uint8Array | readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Part<T[K]> }
    : T

/** The API of an event's path. Throws `BUS_API_UNKNOWN` and `BUS_EVENT_UNKNOWN`. */
export function apiOfEvent(apis: readonly Api[], path: string): Api {
  const { api, member: event } = find(apis, path)
  if (Object.hasOwn(api.events, event)) return api
  throw eventUnknown({ api: api.name, event, nearest: nearest(event, Object.keys(api.events)) })
}

/** The API of a procedure's path, and the procedure's name. Throws `BUS_API_UNKNOWN` and `BUS_RPC_UNKNOWN_PROCEDURE`. */
export function apiOfProcedure(
  apis: readonly Api[],
  path: string,
): { readonly api: Api; readonly procedureName: string } {
  const { api, member: procedure } = find(apis, path)
  if (Object.hasOwn(api.procedures, procedure)) return { api, procedureName: procedure }
  throw procedureUnknown({
    api: api.name,
    procedure,
    nearest: nearest(procedure, Object.keys(api.procedures)),
  })
}

function find(apis: readonly Api[], path: string): { readonly api: Api; readonly member: string } {
  const [apiName, member] = splitPath(path)
  const api = apis.find(({ name }) => name === apiName)
  if (api) return { api, member }
  const names = apis.map(({ name }) => name)
  throw apiUnknown({ api: apiName, nearest: nearest(apiName, names) })
}
