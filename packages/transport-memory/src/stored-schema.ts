/** A published schema. */
export interface StoredSchema {
  readonly text: string
  isAlive(): boolean
}
