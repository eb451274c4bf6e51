import { messageTooLarge } from '@lightbus/core/transport'

/** Throws `BUS_MESSAGE_TOO_LARGE` when the texts have more bytes than the limit. */
export function checkSize(message: string, texts: readonly string[], maxBytes: number): void {
  const length = texts.reduce((sum, text) => sum + text.length, 0)
  // A UTF-16 unit has three bytes of UTF-8 at most: nearly always the lengths alone are enough.
  if (length * 3 <= maxBytes) return
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  if (bytes > maxBytes) throw messageTooLarge({ message, bytes, maxBytes })
}
