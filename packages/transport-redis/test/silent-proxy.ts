import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to Redis on which connections can fall silent without being closed. */
export class SilentProxy {
  /** Whether nothing travels on connections that are made from now on. */
  isSilentToNew = false
  readonly url: string
  private readonly closeServer: () => void
  private readonly pairs: readonly [Socket, Socket][]

  private constructor(url: string, pairs: readonly [Socket, Socket][], close: () => void) {
    this.url = url
    this.pairs = pairs
    this.closeServer = close
  }

  static async to(target: string): Promise<SilentProxy> {
    const { hostname, port } = new URL(target)
    const pairs: [Socket, Socket][] = []
    const server = createServer((client) => {
      const upstream = connect(Number(port || 6379), hostname)
      pairs.push([client, upstream])
      client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
      upstream.on('error', () => client.destroy()).on('close', () => client.destroy())
      if (proxy.isSilentToNew) return
      client.pipe(upstream)
      upstream.pipe(client)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = new URL(target)
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const proxy = new SilentProxy(url.href, pairs, () => server.close())
    return proxy
  }

  /** From now on the answers on all connections stay away, until `speak`. */
  silence(): void {
    for (const [client, upstream] of this.pairs) upstream.unpipe(client)
  }

  speak(): void {
    for (const [client, upstream] of this.pairs) if (!client.destroyed) upstream.pipe(client)
  }

  close(): void {
    this.closeServer()
    for (const [client, upstream] of this.pairs) for (const socket of [client, upstream]) socket.destroy()
  }
}
