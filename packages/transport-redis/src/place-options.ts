import type { TransportOptions } from '@lightbus/core/transport'
import type { Cluster, Redis } from 'ioredis'

/** Where a server, a sentinel or a node of a Cluster is. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
}

/** What a connection with TLS needs besides what the system trusts. */
export interface TlsOptions {
  /** PEM text, or the path of a file with it; `cert` and `key` likewise. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
  readonly reject_unauthorized?: boolean
}

/** Where Redis is, and what every key is called there. */
export interface PlaceOptions {
  readonly url: string
  readonly password: string | undefined
  readonly database: number | undefined
  readonly tls: TlsOptions | undefined
  readonly sentinels: readonly ServerAddress[] | undefined
  readonly sentinelName: string
  readonly sentinelUsername: string | undefined
  readonly sentinelPassword: string | undefined
  readonly cluster: readonly ServerAddress[] | undefined
  /** The caller's own, who also closes it. */
  readonly client: Redis | Cluster | undefined
  readonly namespace: string
  readonly keyNames: 'lightbus' | 'tagged' | undefined
}

const servers = (port: number, description: string): object => ({
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    properties: {
      host: { type: 'string', minLength: 1, default: '127.0.0.1', description: 'Its name or address.' },
      port: { type: 'integer', minimum: 1, maximum: 65_535, default: port, description: 'Its port.' },
    },
    additionalProperties: false,
  },
  description,
})

const pem = (what: string): object => ({
  type: 'string',
  minLength: 1,
  description: `${what}: PEM text, or the path of a file with it.`,
})

/** What only Python services make something of. */
export const unneeded = (why: string): object => ({
  type: ['number', 'string', 'null'],
  withoutEffect: true,
  description: `Accepted so that one file serves Python services too; has no effect here: ${why}.`,
})

export const placeProperties = {
  url: {
    type: 'string',
    minLength: 1,
    default: 'redis://127.0.0.1:6379/0',
    description:
      'Where Redis is: redis://user:password@host:port/database, rediss:// for TLS, or unix:///path/to/socket?db=0. With sentinels or a cluster it says only who we are, which database, and whether there is TLS.',
  },
  tls: {
    type: 'object',
    properties: {
      ca: pem('The authority to trust instead of those of the system'),
      cert: pem('The certificate that we show to a server that asks for one'),
      key: pem('The private key of that certificate'),
      servername: {
        type: 'string',
        minLength: 1,
        description: 'The name that the certificate of the server has.',
      },
      reject_unauthorized: {
        type: 'boolean',
        default: true,
        description: 'Whether a server is refused whose certificate cannot be trusted.',
      },
    },
    additionalProperties: false,
    description: 'Speaks TLS, also where the url does not say so.',
  },
  sentinels: servers(26_379, 'The sentinels that know which server is the primary; followed at a failover.'),
  sentinel_name: {
    type: 'string',
    minLength: 1,
    default: 'mymaster',
    description: 'What the sentinels call the primary.',
  },
  sentinel_username: { type: 'string', minLength: 1, description: 'Who we are to the sentinels.' },
  sentinel_password: {
    type: 'string',
    minLength: 1,
    description: 'The password for the sentinels themselves.',
  },
  cluster: servers(6_379, 'Some nodes of a Cluster, from which the others are learnt.'),
  client: {
    type: 'object',
    description:
      'A client of ioredis, in code only: used as it is and never closed. Reads that wait get duplicates of it.',
  },
  namespace: { type: 'string', default: '', description: 'What the name of every key starts with.' },
  key_names: {
    type: 'string',
    enum: ['lightbus', 'tagged'],
    description:
      'The names that Python Lightbus uses, or such with the API in braces, which a Cluster needs and Python does not know. By default tagged in a cluster, else lightbus.',
  },
  connection_parameters: {
    type: 'object',
    properties: {
      password: { type: ['string', 'null'], description: 'Instead of the one in the url.' },
      db: { type: ['integer', 'null'], minimum: 0, description: 'Instead of the database in the url.' },
      ssl: { type: ['boolean', 'null'], description: 'Speaks TLS, as the option tls does.' },
      minsize: unneeded('there are three connections'),
      maxsize: unneeded('there are three connections'),
      timeout: unneeded('a connection is given up after 2.5 seconds'),
      encoding: unneeded('messages are read as UTF-8'),
      address: unneeded('the url says where Redis is'),
    },
    additionalProperties: false,
    description: 'As in a Python service: what its client is told besides the url.',
  },
} as const

/** Reads what the properties above describe. */
export function readPlace(values: TransportOptions): PlaceOptions {
  const parameters = (values['connection_parameters'] ?? {}) as {
    readonly password?: string | null
    readonly db?: number | null
    readonly ssl?: boolean | null
  }
  const tls = values['tls'] as TlsOptions | undefined
  return {
    url: values['url'] as string,
    password: parameters.password ?? undefined,
    database: parameters.db ?? undefined,
    tls: tls ?? (parameters.ssl ? {} : undefined),
    sentinels: values['sentinels'] as readonly ServerAddress[] | undefined,
    sentinelName: values['sentinel_name'] as string,
    sentinelUsername: values['sentinel_username'] as string | undefined,
    sentinelPassword: values['sentinel_password'] as string | undefined,
    cluster: values['cluster'] as readonly ServerAddress[] | undefined,
    client: values['client'] as Redis | Cluster | undefined,
    namespace: values['namespace'] as string,
    keyNames: values['key_names'] as PlaceOptions['keyNames'],
  }
}
