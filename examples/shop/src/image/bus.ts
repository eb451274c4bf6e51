import { createBus } from '@lightbus/core'
import { image } from './image.api.ts'
import { makeThumbnails } from './make-thumbnails.ts'

export const bus = createBus({ serviceName: 'image', apis: [image] })

bus.serve(image, { make_thumbnails: makeThumbnails })
