import type { ApiSchema, JsonSchema } from './api-schema.ts'
import {
  defineApi,
  event,
  procedure,
  type Api,
  type EventDefinition,
  type ProcedureDefinition,
  type TypedShape,
} from './define-api.ts'

/** The types of an API that is known by its schema, as `lightbus types` writes them. */
export interface PublishedContract {
  readonly events: Readonly<Record<string, PublishedMember>>
  readonly procedures: Readonly<Record<string, PublishedMember & { readonly result: unknown }>>
}

interface PublishedMember {
  /** As the sender writes them. */
  readonly parameters: object
  /** The names of those that the receiver always has, since they have a default. */
  readonly defaults?: string
}

/** What receives a value in the place of a JSON Schema has its type. */
type TypedSchema<T> = JsonSchema & {
  readonly '~standard': { readonly types?: { readonly input: T; readonly output: T } }
}

type ShapeOf<E extends PublishedMember> = TypedShape<
  E['parameters'],
  E extends { readonly defaults: infer Names extends string }
    ? Omit<E['parameters'], Names> & Required<Pick<E['parameters'], Names & keyof E['parameters']>>
    : E['parameters']
>

/** An API with the types of a contract. */
export type PublishedApi<Name extends string, C extends PublishedContract> = Api<
  Name,
  { readonly [E in keyof C['events']]: EventDefinition<ShapeOf<C['events'][E]>> },
  {
    readonly [P in keyof C['procedures']]: ProcedureDefinition<
      ShapeOf<C['procedures'][P]>,
      TypedSchema<C['procedures'][P]['result']>
    >
  }
>

/**
 * The API of a schema that its owner has published, with the types that `lightbus types` has written for it: as good as a definition, to call and to
 * listen by. Throws `BUS_API_NAME_INVALID`.
 */
export function publishedApi<Name extends string, C extends PublishedContract>(
  name: Name,
  { events, rpcs }: Omit<ApiSchema, 'apiName'>,
): PublishedApi<Name, C> {
  const { schema: _, ...api } = defineApi(name, {
    events: mapped(events, ({ parameters }) => event(propertiesOf(parameters))),
    procedures: mapped(rpcs, ({ parameters, response }) => procedure(propertiesOf(parameters), response)),
  })
  // The types say what the schemas say: both were written of one. The schema is the owner's own, to the letter.
  return Object.freeze({ ...api, schema: { apiName: name, events, rpcs } }) as unknown as PublishedApi<
    Name,
    C
  >
}

function propertiesOf(parameters: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (parameters['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>
}

function mapped<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
