interface Running {
  readonly kind: 'Redis' | 'Valkey'
  readonly version: string
  /** Where the program comes from. */
  readonly how: string
  /** Ends it and takes away what it has left. */
  stop(): Promise<void>
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** A server at an address, which it keeps while it is away; `kill` ends it without asking. */
export interface Server extends Running {
  readonly url: string
  end(how?: { readonly kill?: boolean }): Promise<void>
  start(): Promise<void>
  restart(how?: { readonly kill?: boolean }): Promise<void>
}

/** A server that only TLS reaches, the authority that has signed its certificate, and what a client may show. */
export interface TlsServer extends Running {
  readonly url: string
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

export interface Sentinel extends Running {
  readonly sentinels: readonly Address[]
  /** What the sentinels call the primary. */
  readonly name: string
  primary(): Promise<Address>
  /** It and its replicas. */
  readonly nodes: readonly Address[]
  /** Kills the primary, and waits until another one has taken its place. */
  failover(): Promise<void>
  /** Lets a replica take the place of the primary, which lives on. */
  switchOver(): Promise<void>
  /** Kills the primary, and starts it at once with what it had kept. */
  restart(): Promise<void>
}

export interface Cluster extends Running {
  readonly nodes: readonly Address[]
  /** Kills the master of the key, and waits until a replica has taken its place. */
  failover(key?: string): Promise<void>
  /** Lets a replica take the place of the master of the key, which lives on. */
  switchOver(key?: string): Promise<void>
  /** Kills all nodes, and starts them with what they had kept. */
  restart(): Promise<void>
}

interface TopologyOptions {
  readonly server?: string
  /** Whether it may end with this process, instead of keeping it from ending. */
  readonly isBackground?: boolean
}

interface Scripts {
  startServer(
    name: string,
    options?: { readonly persistent?: boolean; readonly settings?: readonly string[] },
  ): Promise<Server>
  startTls(options?: { readonly server?: string; readonly mutual?: boolean }): Promise<TlsServer>
  startSentinel(options?: TopologyOptions & { readonly downAfterMs?: number }): Promise<Sentinel>
  startCluster(options?: TopologyOptions): Promise<Cluster>
}

// The commands of the repository use it too, and those run without a compiler.
const scripts = new URL('../../../../scripts/redis-servers.mjs', import.meta.url)

/** What `scripts/redis-servers.mjs` starts, with types. */
export const { startServer, startTls, startSentinel, startCluster } = (await import(scripts.href)) as Scripts
