/** A schema of TypeBox, which is JSON Schema with the names of its types hidden in it. */
export interface TypeBoxSchema {
  readonly '~kind': string
}

/** The type that a schema of TypeBox stands for, as far as JSON has it. */
export type FromTypeBox<S> = S extends { readonly '~optional': true } ? Required<S> | undefined : Required<S>

type Required<S> = S extends { readonly '~kind': keyof Scalars }
  ? Scalars[S['~kind']]
  : S extends { readonly '~kind': 'Literal'; readonly const: infer Value }
    ? Value
    : S extends { readonly '~kind': 'Enum'; readonly enum: readonly (infer Value)[] }
      ? Value
      : S extends { readonly '~kind': 'Union'; readonly anyOf: readonly (infer Member)[] }
        ? FromTypeBox<Member>
        : Structure<S>

type Structure<S> = S extends { readonly '~kind': 'Tuple'; readonly items: infer Items }
  ? { -readonly [N in keyof Items]: FromTypeBox<Items[N]> }
  : S extends { readonly '~kind': 'Array'; readonly items: infer Item }
    ? FromTypeBox<Item>[]
    : S extends { readonly '~kind': 'Object'; readonly properties: infer Properties }
      ? FromProperties<Properties>
      : S extends { readonly '~kind': 'Record'; readonly patternProperties: infer Values }
        ? Record<string, FromTypeBox<Values[keyof Values]>>
        : unknown

interface Scalars {
  readonly String: string
  readonly Number: number
  readonly Integer: number
  readonly Boolean: boolean
  readonly Null: null
}

type OptionalNames<P> = { [K in keyof P]: P[K] extends { readonly '~optional': true } ? K : never }[keyof P]

type FromProperties<P> = Flat<
  { -readonly [K in Exclude<keyof P, OptionalNames<P>>]: FromTypeBox<P[K]> } & {
    -readonly [K in OptionalNames<P>]?: Required<P[K]>
  }
>

type Flat<T> = { [K in keyof T]: T[K] }
