import type { ApiSchema } from '@lightbus/core/transport'

/** A schema with whatever JSON has; `title` tells versions apart. */
export function schemaOf(apiName: string, title = 'Größe 🚌'): ApiSchema {
  const parameters = {
    type: 'object',
    title,
    properties: { size: { $ref: '#/$defs/size' }, 'ключ/~"': { enum: [null, 0, -1.5, '', [], {}] } },
    required: ['size'],
    additionalProperties: false,
    $defs: { size: { type: 'object', title, properties: { size: { $ref: '#/$defs/size' } } } },
  }
  return {
    apiName,
    events: { placed: { parameters } },
    rpcs: { buy: { parameters, response: { type: ['string', 'null'], title } } },
  }
}
