/** A JSON Schema, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** The published shape of an API, as Lightbus has it: what peers in any language validate against. */
export interface ApiSchema {
  readonly apiName: string
  readonly events: Readonly<Record<string, { readonly parameters: JsonSchema }>>
  readonly rpcs: Readonly<Record<string, { readonly parameters: JsonSchema; readonly response: JsonSchema }>>
}
