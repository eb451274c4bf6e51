import type { Api, Shape } from '../api/define-api.ts'
import { castOf, type Cast, type Schema } from '../api/standard-schema.ts'

/** Values as their definitions have them, and what was wrong with the others, which stay as they came. */
export interface CastValue<T> {
  readonly value: T
  readonly problems: readonly string[]
}

type Values = Readonly<Record<string, unknown>>

/** What the definitions of this process make of the values of messages. */
export class MessageCasts {
  readonly #shapes = new WeakMap<Shape, ReadonlyMap<string, Cast>>()
  readonly #results = new WeakMap<object, Cast | 'none'>()

  event(api: Api | undefined, name: string, parameters: Values): CastValue<Values> {
    return this.#parameters(api, name, own(api?.events, name)?.parameters, parameters)
  }

  call(api: Api | undefined, name: string, parameters: Values): CastValue<Values> {
    return this.#parameters(api, name, own(api?.procedures, name)?.parameters, parameters)
  }

  result(api: Api | undefined, name: string, plain: unknown): CastValue<unknown> {
    const definition = own(api?.procedures, name)
    if (!definition) return { value: plain, problems: [] }
    let cast = this.#results.get(definition)
    if (cast === undefined) {
      cast = castOf(definition.result, `${api?.name}.${name}`) ?? 'none'
      this.#results.set(definition, cast)
    }
    if (cast === 'none') return { value: plain, problems: [] }
    const came = cast(plain)
    return 'problems' in came ? { value: plain, problems: at('', came.problems) } : { ...came, problems: [] }
  }

  #parameters(
    api: Api | undefined,
    member: string,
    shape: Shape | undefined,
    plain: Values,
  ): CastValue<Values> {
    const casts = shape && (this.#shapes.get(shape) ?? this.#castsOf(shape, `${api?.name}.${member}`))
    if (!casts || casts.size === 0) return { value: plain, problems: [] }
    let changed: Map<string, unknown> | undefined
    const problems: string[] = []
    for (const [name, cast] of casts) {
      const before = Object.hasOwn(plain, name) ? plain[name] : undefined
      const came = cast(before)
      if ('problems' in came) problems.push(...at(`/${name}`, came.problems))
      else if (came.value !== before) (changed ??= new Map(Object.entries(plain))).set(name, came.value)
    }
    return { value: changed ? Object.fromEntries(changed) : plain, problems }
  }

  #castsOf(shape: Shape, path: string): ReadonlyMap<string, Cast> {
    const casts = new Map(
      Object.entries(shape).flatMap(([name, schema]: [string, Schema]) => {
        const cast = castOf(schema, `${path}.${name}`)
        return cast ? [[name, cast] as const] : []
      }),
    )
    this.#shapes.set(shape, casts)
    return casts
  }
}

function at(path: string, problems: readonly string[]): readonly string[] {
  return problems
    .slice(0, 10)
    .map((problem) => (path === '' && problem.startsWith(':') ? `/${problem}` : path + problem))
}

function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined
}
