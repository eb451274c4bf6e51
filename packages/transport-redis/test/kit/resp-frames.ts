/** Cuts what travels on a connection to Redis into its requests or replies, each whole and as it was. */
export class RespFrames {
  private chunks: Buffer[] = []
  private length = 0
  private needed = 1

  /** The frames that are complete by now. */
  push(chunk: Buffer): readonly Buffer[] {
    this.chunks.push(chunk)
    this.length += chunk.length
    if (this.length < this.needed) return []
    let bytes = Buffer.concat(this.chunks)
    const frames: Buffer[] = []
    for (let end = endOf(bytes, 0); ; end = endOf(bytes, 0)) {
      if (end > bytes.length) {
        this.needed = end
        break
      }
      frames.push(bytes.subarray(0, end))
      bytes = bytes.subarray(end)
    }
    this.chunks = [bytes]
    this.length = bytes.length
    return frames
  }
}

/** The words of a request. */
export function wordsOf(frame: Buffer): readonly string[] {
  const words: string[] = []
  let at = frame.indexOf('\r\n') + 2
  while (at < frame.length) {
    const textAt = frame.indexOf('\r\n', at) + 2
    const length = Number(frame.toString('latin1', at + 1, textAt - 2))
    words.push(frame.toString('utf8', textAt, textAt + length))
    at = textAt + length + 2
  }
  return words
}

/** A reply that is one text, with that text changed; any other reply as it is. */
export function withText(frame: Buffer, change: (text: string) => string): Buffer {
  const type = frame.toString('latin1', 0, 1)
  if (type !== '$' && type !== '=') return frame
  const text = change(frame.toString('utf8', frame.indexOf('\r\n') + 2, frame.length - 2))
  return Buffer.from(`${type}${Buffer.byteLength(text)}\r\n${text}\r\n`)
}

/** Where the frame that begins there ends; beyond the bytes when it is not complete, by no more than is missing for certain. */
function endOf(bytes: Buffer, at: number): number {
  const lineEnd = bytes.indexOf('\r\n', at)
  if (lineEnd < 0) return Math.max(bytes.length, at) + 1
  const type = bytes.toString('latin1', at, at + 1)
  let end = lineEnd + 2
  if (!'$=!*~>%|'.includes(type)) return end
  const size = Number(bytes.toString('latin1', at + 1, lineEnd))
  if (size < 0) return end
  if ('$=!'.includes(type)) return end + size + 2
  // A map has names and values; attributes come before what they are about.
  const parts = type === '%' ? size * 2 : type === '|' ? size * 2 + 1 : size
  for (let count = 0; count < parts && end <= bytes.length; count += 1) end = endOf(bytes, end)
  return end
}
