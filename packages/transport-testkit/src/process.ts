import type {
  Clock,
  EventTransport,
  ResultTransport,
  RpcTransport,
  SchemaTransport,
  Transport,
  TransportContext,
  TransportFactory,
  TransportKind,
  TransportModule,
  TransportNotice,
  TransportOptions,
} from '@lightbus/core/transport'

export interface ProcessParts {
  readonly module: TransportModule
  readonly serviceName: string
  readonly processName: string
  readonly clock: Clock
  readonly options: (kind: TransportKind) => TransportOptions
}

/** A process of a service as transports see it: one context, one transport of each kind, made and opened at the first use. */
export class Process {
  readonly name: string
  readonly context: TransportContext
  /** What its transports have reported. */
  readonly notices: TransportNotice[] = []
  readonly #parts: ProcessParts
  readonly #used = new Map<TransportKind, Transport>()
  readonly #all: Transport[] = []

  constructor(parts: ProcessParts) {
    const { serviceName, processName, clock } = parts
    this.#parts = parts
    this.name = processName
    this.context = { serviceName, processName, clock, report: (notice) => void this.notices.push(notice) }
  }

  event(): Promise<EventTransport> {
    return this.#opened('event', this.#parts.module.event)
  }

  rpc(): Promise<RpcTransport> {
    return this.#opened('rpc', this.#parts.module.rpc)
  }

  result(): Promise<ResultTransport> {
    return this.#opened('result', this.#parts.module.result)
  }

  schema(): Promise<SchemaTransport> {
    return this.#opened('schema', this.#parts.module.schema)
  }

  /** A further transport of the kind, not opened. It is closed with the others. */
  unopened(kind: TransportKind, options = this.#parts.options(kind)): Transport {
    return this.#create<Transport>(kind, this.#parts.module[kind], options)
  }

  /** Closes all, whatever fails. */
  async close(): Promise<void> {
    this.#used.clear()
    await Promise.all(this.#all.splice(0).map((transport) => transport.close()))
  }

  async #opened<T extends Transport>(
    kind: TransportKind,
    factory: TransportFactory<T> | undefined,
  ): Promise<T> {
    // Stands under its kind, so it is of that kind.
    const made = this.#used.get(kind) as T | undefined
    const transport = made ?? this.#create(kind, factory, this.#parts.options(kind))
    this.#used.set(kind, transport)
    await transport.open()
    return transport
  }

  #create<T extends Transport>(
    kind: TransportKind,
    factory: TransportFactory<T> | undefined,
    options: TransportOptions,
  ): T {
    if (!factory) throw new Error(`The transport "${this.#parts.module.name}" has no ${kind} transport.`)
    const transport = factory.create(options, this.context)
    this.#all.push(transport)
    return transport
  }
}
