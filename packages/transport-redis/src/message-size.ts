import { messageTooLarge } from '@lightbus/core/transport'

/** About how long the texts are together. Throws `BUS_MESSAGE_TOO_LARGE` when they have more bytes than the limit. */
export function checkSize(message: string, texts: readonly string[], maxBytes: number): number {
  const length = texts.reduce((sum, text) => sum + text.length, 0)
  // A UTF-16 unit has three bytes of UTF-8 at most: nearly always the lengths alone are enough.
  if (length * 3 <= maxBytes) return length
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  if (bytes > maxBytes) throw messageTooLarge({ message, bytes, maxBytes })
  return bytes
}
