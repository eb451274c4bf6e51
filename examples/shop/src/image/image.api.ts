import { defineApi, procedure } from '@lightbus/core'
import { z } from 'zod'

const thumbnail = z.object({ width: z.int(), height: z.int(), jpeg_base64: z.string() })

/** The image service's contract. Pictures travel as base64, so that services in any language can read them. */
export const image = defineApi('image', {
  procedures: {
    make_thumbnails: procedure({ picture_base64: z.string() }, z.array(thumbnail)),
  },
})
