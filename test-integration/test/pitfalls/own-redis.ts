import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { Redis } from 'ioredis'

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A Redis of one's own, and a client for it. */
export async function startRedis(port: number) {
  const server = spawn('redis-server', ['--port', String(port), '--save', '', '--bind', '127.0.0.1'], {
    stdio: 'ignore',
  })
  const url = `redis://127.0.0.1:${port}/0`
  const admin = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null })
  admin.on('error', () => undefined)
  await admin.ping()
  return {
    url,
    port,
    admin,
    async [Symbol.asyncDispose]() {
      admin.disconnect()
      server.kill()
      await once(server, 'exit')
    },
  }
}
