import type { OptionsSchema, TransportModule, TransportOptions } from '@lightbus/core/transport'
import { FileEventTransport } from './file-event-transport.ts'
import { FileSchemaTransport } from './file-schema-transport.ts'

const description = 'Where the files are kept, by one process at a time.'
const optionsSchema: OptionsSchema = {
  type: 'object',
  properties: { directory: { type: 'string', minLength: 1, default: 'lightbus-files', description } },
  additionalProperties: false,
}
const directoryIn = ({ directory }: TransportOptions): string => String(directory)

/** Keeps events and schemas in files, for one process at a time. */
export const transportModule = {
  name: 'files',
  event: {
    optionsSchema,
    create: (options, context) => new FileEventTransport(directoryIn(options), context),
  },
  schema: {
    optionsSchema,
    create: (options, context) => new FileSchemaTransport(directoryIn(options), context),
  },
} satisfies TransportModule
