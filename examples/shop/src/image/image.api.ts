import { defineApi, procedure } from '@lightbus/core'
import { z } from 'zod'

const base64 = z.string().meta({ examples: ['/9j/4AAQSkZJRg=='] })
const thumbnail = z.object({
  width: z
    .int()
    .describe('In pixels.')
    .meta({ examples: [96] }),
  height: z
    .int()
    .describe('In pixels.')
    .meta({ examples: [72] }),
  jpeg_base64: base64,
})

/** The image service's contract. */
export const image = defineApi('image', {
  description:
    'Pictures in, pictures out. They travel as base64, so that services in any language can read them.',
  procedures: {
    make_thumbnails: procedure(
      { picture_base64: base64.describe('A picture of any common format.') },
      z.array(thumbnail),
      {
        description:
          'Makes a small, a middle and a large JPEG of a picture. Fails when the bytes are no picture.',
      },
    ),
  },
})
