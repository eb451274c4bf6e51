import sharp from 'sharp'

const widths = [96, 320, 640]

/** Resizes a picture of any format that sharp reads; rejects when the bytes are not a picture. */
export async function makeThumbnails({ picture_base64 }: { picture_base64: string }) {
  const picture = sharp(Buffer.from(picture_base64, 'base64'))
  return Promise.all(
    widths.map(async (wanted) => {
      const resized = picture.clone().resize({ width: wanted }).flatten({ background: '#fff' })
      const { data, info } = await resized.jpeg({ quality: 82 }).toBuffer({ resolveWithObject: true })
      return { width: info.width, height: info.height, jpeg_base64: data.toString('base64') }
    }),
  )
}
