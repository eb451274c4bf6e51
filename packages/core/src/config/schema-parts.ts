export type JsonSchema = Readonly<Record<string, unknown>>

/** An object with these keys and no others. */
export function section(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', properties, additionalProperties: false }
}
