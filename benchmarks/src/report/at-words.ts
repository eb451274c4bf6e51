import type { Measurement } from '../measurement.ts'
import { short } from './quantity.ts'

const words: Readonly<Record<string, (value: number) => string>> = {
  inFlight: (acts) => (acts === 1 ? 'one by one' : `${short(acts)} in flight`),
  batch: (acts) => `in bulks of ${short(acts)}`,
  bytes: size,
  concurrency: (handlers) => `concurrency ${short(handlers)}`,
}

/** What distinguishes a measurement within its case, such as `100 in flight, 1 kB`. */
export function atWords(at: Measurement['at']): string {
  return Object.entries(at)
    .map(([key, value]) => {
      if (typeof value === 'string') return value
      return words[key]?.(value) ?? `${short(value)} ${key}`
    })
    .join(', ')
}

/** A size by itself, as the scale of a growth has it. */
export function sizeWords(key: string, value: number | string): string {
  if (typeof value === 'string') return value
  return key === 'bytes' ? size(value) : short(value)
}

function size(bytes: number): string {
  if (bytes >= 1_000_000) return `${short(bytes / 1_000_000)} MB`
  return bytes >= 1_000 ? `${short(bytes / 1_000)} kB` : `${short(bytes)} bytes`
}
