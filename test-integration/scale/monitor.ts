import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

/** A command that the server was given, by a client or by a script. */
export interface Command {
  readonly atMs: number
  readonly words: readonly string[]
  readonly isInScript: boolean
}

/**
 * Hears every command that a server is given from now on. ioredis has a monitor too, which fails when commands come in while it is switched on.
 */
export async function openMonitor(url: string, hear: (command: Command) => void): Promise<{ close(): void }> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  const lines = createInterface({ input: socket })
  socket.write('MONITOR\r\n')
  await once(lines, 'line')
  lines.on('line', (line) => {
    const command = readLine(line)
    if (command) hear(command)
  })
  return {
    close() {
      lines.close()
      socket.destroy()
    },
  }
}

/** +1700000000.123456 [0 127.0.0.1:50000] "xadd" "stream" …, with `lua` for the address in scripts. */
function readLine(line: string): Command | undefined {
  const [, time, source, rest] = /^\+([\d.]+) \[\d+ ([^\]]*)\] (.*)$/.exec(line) ?? []
  if (time === undefined || rest === undefined) return undefined
  const words = [...rest.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) =>
    word.replace(/\\(.)/g, '$1'),
  )
  return { atMs: Number(time) * 1_000, words, isInScript: source === 'lua' }
}
