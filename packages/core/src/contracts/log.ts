/** Where the bus writes what it does; pino's own shape, so that a pino logger can be given as it is. */
export interface Log {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}
