import { messageTooLarge } from '@lightbus/core/transport'

/** The message as JSON text. Throws `BUS_MESSAGE_TOO_LARGE` with the name when it has more bytes than allowed. */
export function messageText(name: string, message: object, maxBytes: number): string {
  const text = JSON.stringify(message)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes) throw messageTooLarge({ message: name, bytes, maxBytes })
  return text
}
