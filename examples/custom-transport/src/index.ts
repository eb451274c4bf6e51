import type { TransportModule } from '@lightbus/core/transport'
import { FileEventTransport } from './file-event-transport.ts'

/** Keeps events in a file, for one process at a time. */
export const transportModule = {
  name: 'files',
  event: {
    optionsSchema: {
      type: 'object',
      properties: { file: { type: 'string', default: 'events.jsonl', description: 'Where all is kept.' } },
      additionalProperties: false,
    },
    create: ({ file }, context) => new FileEventTransport(String(file), context),
  },
} satisfies TransportModule
