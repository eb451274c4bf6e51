import { byteSizeInvalid } from '../errors/catalogue.ts'

/** A size as users write it: a number of bytes, or a number with a unit: `512b`, `100kb`, `1mb`, `2gb`. */
export type ByteSize = number | string

const unitBytes = { b: 1, kb: 1_024, mb: 1_024 ** 2, gb: 1_024 ** 3 } as const

/** The JSON Schema of a {@link ByteSize}. */
export const byteSizeSchema = {
  type: ['number', 'string'],
  minimum: 0,
  pattern: '^\\d+(\\.\\d+)?([bB]|[kKmMgG][bB])$',
} as const

/** The bytes of a size. Throws `BUS_BYTE_SIZE_INVALID`. */
export function bytesOf(size: ByteSize): number {
  if (typeof size === 'number' && size >= 0 && Number.isFinite(size)) return size
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(b|kb|mb|gb)$/.exec(String(size).toLowerCase()) ?? []
  if (amount === undefined) throw byteSizeInvalid({ given: String(size) })
  return Math.floor(Number(amount) * unitBytes[unit as keyof typeof unitBytes])
}
