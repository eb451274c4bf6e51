import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'

// Below the ports that systems give to outgoing connections, so that it can be left and taken again.
const [lowest, highest] = [20_000, 32_000]

/** Lets the server listen on a port of this machine that nobody uses, and gives it. */
export async function listenOnFreePort(server: Server): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    server.listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

/** A port of this machine that nobody uses just now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listenOnFreePort(server)
  server.close()
  await once(server, 'close')
  return port
}
