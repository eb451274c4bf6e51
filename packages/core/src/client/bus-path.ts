import type {
  Api,
  EventDefinition,
  ParametersIn,
  ParametersOut,
  ProcedureDefinition,
} from '../api/define-api.ts'
import type { OutputOf } from '../api/standard-schema.ts'
import type { EventMessage } from '../messages/event-message.ts'
import type { CallOptions } from './call-rpc.ts'
import type { FireOptions } from './fire-event.ts'

/** `bus.auth.user_registered`: an event, ready to be fired or listened for. */
export interface EventPath<E extends EventDefinition, ListenOptions, Context, Control> {
  fire(...args: WithParameters<ParametersIn<E['parameters']>, FireOptions>): Promise<EventMessage>
  listen(
    handler: (parameters: ParametersOut<E['parameters']>, context: Context) => unknown,
    options: ListenOptions,
  ): Control
}

/** `bus.auth.check_password`: a procedure, ready to be called. */
export type ProcedurePath<P extends ProcedureDefinition> = (
  ...args: WithParameters<ParametersIn<P['parameters']>, CallOptions>
) => Promise<OutputOf<P['result']>>

// Parameters may be left out when none is needed.
type WithParameters<P, Options> = {} extends P
  ? [parameters?: P, options?: Options]
  : [parameters: P, options?: Options]

type ApiPath<A extends Api, ListenOptions, Context, Control> = {
  readonly [E in keyof A['events']]: EventPath<A['events'][E], ListenOptions, Context, Control>
} & { readonly [P in keyof A['procedures']]: ProcedurePath<A['procedures'][P]> }

type Head<Name extends string> = Name extends `${infer First}.${string}` ? First : Name
type Tail<Name extends string, First extends string> = Name extends `${First}.${infer Rest}` ? Rest : never

/** What hangs on the bus: `bus.auth`, and for dotted names `bus.my_company.auth`. */
export type BusPaths<A extends Api, ListenOptions, Context, Control> = Branch<
  A,
  A['name'],
  '',
  ListenOptions,
  Context,
  Control
>

type Branch<A extends Api, Name extends string, Prefix extends string, ListenOptions, Context, Control> = {
  readonly [First in Head<Name>]: (First extends Name
    ? ApiPath<Extract<A, { readonly name: `${Prefix}${First}` }>, ListenOptions, Context, Control>
    : unknown) &
    ([Tail<Name, First>] extends [never]
      ? unknown
      : Branch<A, Tail<Name, First>, `${Prefix}${First}.`, ListenOptions, Context, Control>)
}

/** The verbs by name, which the paths lead to. */
export interface Verbs<Handler, ListenOptions, Control> {
  fire(event: string, parameters?: object, options?: FireOptions): Promise<EventMessage>
  call(procedure: string, parameters?: object, options?: CallOptions): Promise<unknown>
  listen(events: readonly string[], handler: Handler, options: ListenOptions): Control
}

/** Builds the tree of paths for the APIs: one property a name, nothing computed at call time. */
export function busPaths<Handler, ListenOptions, Control>(
  apis: readonly Api[],
  verbs: Verbs<Handler, ListenOptions, Control>,
): Record<string, object> {
  const root: Record<string, object> = {}
  for (const api of apis) {
    let node = root
    for (const part of api.name.split('.')) node = (node[part] ??= {}) as Record<string, object>
    for (const name of Object.keys(api.events)) {
      const path = `${api.name}.${name}`
      node[name] = {
        fire: (parameters?: object, options?: FireOptions) => verbs.fire(path, parameters, options),
        listen: (handler: Handler, options: ListenOptions) => verbs.listen([path], handler, options),
      }
    }
    for (const name of Object.keys(api.procedures))
      node[name] = (parameters?: object, options?: CallOptions) =>
        verbs.call(`${api.name}.${name}`, parameters, options)
  }
  return root
}
