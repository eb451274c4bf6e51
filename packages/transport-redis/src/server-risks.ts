import type { Risk, TransportKind } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import { primariesOf } from './redis-cluster.ts'
import type { ReplicaWait } from './replicas.ts'
import { factsOf, type ServerFacts } from './server-facts.ts'

/** What the options say that bears on a server's settings. */
export interface RiskOptions {
  readonly kind: TransportKind
  /** Events have it, and nothing else. */
  readonly waitReplicas?: ReplicaWait | undefined
}

interface Rule extends Omit<Risk, 'value'> {
  /** The value that is at fault; undefined when all is well, or nothing is known. */
  found(facts: ServerFacts, options: RiskOptions): string | undefined
}

/** What the settings of all servers that take writes may do to messages, each risk once. Rejects when one cannot be reached. */
export async function serverRisks(commands: Redis, options: RiskOptions): Promise<readonly Risk[]> {
  const servers = await Promise.all(primariesOf(commands).map((client) => factsOf(client)))
  const risks = servers.flatMap((facts) => risksIn(facts, options))
  return [...new Map(risks.map((risk) => [JSON.stringify(risk), risk])).values()]
}

/** The risks that follow from what is known of a server. */
export function risksIn(facts: ServerFacts, options: RiskOptions): readonly Risk[] {
  return rules.flatMap(({ found, severity, setting, risk, cure }) => {
    const value = found(facts, options)
    return value === undefined ? [] : [{ severity, setting, value, risk, cure }]
  })
}

const replicasOf = ({ info }: ServerFacts): number => Number(info.get('connected_slaves') ?? 0)

const rules: readonly Rule[] = [
  {
    severity: 'danger',
    setting: 'role',
    found: ({ info }) => (info.get('role') === 'slave' ? 'replica' : undefined),
    risk: 'A replica refuses whatever is sent.',
    cure: 'Name the primary in the url, or let sentinels find it (sentinels).',
  },
  {
    severity: 'danger',
    setting: 'maxmemory-policy',
    found({ settings }) {
      const policy = settings.get('maxmemory-policy')
      return settings.get('maxmemory') === '0' || policy === 'noeviction' ? undefined : policy
    },
    risk: 'When its memory is full, Redis throws keys away, and with them messages that nobody has handled.',
    cure: 'Set maxmemory-policy to noeviction: then what does not fit is refused to its sender.',
  },
  {
    severity: 'danger',
    setting: 'appendonly',
    found: ({ settings }) =>
      settings.get('appendonly') === 'no' && settings.get('save') === ''
        ? 'no, and save is empty'
        : undefined,
    risk: 'Nothing is kept on disk: a restart of Redis loses every message.',
    cure: 'Set appendonly to yes.',
  },
  {
    severity: 'warning',
    setting: 'appendonly',
    found: ({ settings }) =>
      settings.get('appendonly') === 'no' && settings.get('save') !== '' ? 'no' : undefined,
    risk: 'A crash of Redis loses what was sent since the last snapshot, which may be minutes.',
    cure: 'Set appendonly to yes.',
  },
  {
    severity: 'warning',
    setting: 'appendfsync',
    found: ({ settings }) => appending(settings, 'everysec'),
    risk: 'A crash of the machine loses up to a second of what was sent.',
    cure: 'Set appendfsync to always where that second matters, or have replicas that events wait for (wait_replicas).',
  },
  {
    severity: 'warning',
    setting: 'appendfsync',
    found: ({ settings }) => appending(settings, 'no'),
    risk: 'A crash of the machine loses what its system had not written to disk yet, which may be half a minute.',
    cure: 'Set appendfsync to everysec, or to always.',
  },
  {
    severity: 'danger',
    setting: 'wait_replicas',
    found: (facts, { waitReplicas }) =>
      waitReplicas && replicasOf(facts) < waitReplicas.replicas
        ? `${waitReplicas.replicas}, and the server has ${replicasOf(facts)}`
        : undefined,
    risk: 'No event counts as sent, since each waits for replicas that are not there.',
    cure: 'Connect as many replicas, or leave wait_replicas out of the options of the events.',
  },
  {
    severity: 'warning',
    setting: 'wait_replicas',
    found: (facts, { kind, waitReplicas }) =>
      kind === 'event' && !waitReplicas && (facts.hasFailover || replicasOf(facts) > 0)
        ? 'not set'
        : undefined,
    risk: 'A replica that takes over lacks the events that had not reached it, although they were sent.',
    cure: 'Set wait_replicas in the options of the events.',
  },
  {
    severity: 'danger',
    setting: 'min-replicas-to-write',
    found({ info, settings }) {
      const [wanted, there] = [settings.get('min-replicas-to-write'), info.get('min_slaves_good_slaves')]
      return Number(wanted) > Number(there) ? `${wanted}, and the server has ${there}` : undefined
    },
    risk: 'Redis refuses whatever is sent, since it has too few replicas that follow it closely.',
    cure: 'Connect as many replicas, or lower min-replicas-to-write.',
  },
  {
    severity: 'warning',
    setting: 'min-replicas-to-write',
    found: (facts) => {
      const wanted = facts.settings.get('min-replicas-to-write')
      return wanted === '0' && replicasOf(facts) > 0 ? wanted : undefined
    },
    risk: 'A primary that is cut off from its replicas goes on taking messages, which are lost when one of them takes its place.',
    cure: 'Set min-replicas-to-write to 1.',
  },
  {
    severity: 'warning',
    setting: 'redis_version',
    found({ info }) {
      const version = info.get('redis_version') ?? ''
      const [major = 7, minor = 0] = version.split('.').filter(Boolean).map(Number)
      return major < 6 || (major === 6 && minor < 2) ? version : undefined
    },
    risk: 'The server is no longer maintained: what is found to be wrong with it stays so.',
    cure: 'Move to Redis 7.2 or later, or to Valkey.',
  },
  {
    severity: 'danger',
    setting: 'password',
    found: ({ isRemote, hasPassword }) => (isRemote && !hasPassword ? 'none' : undefined),
    risk: 'Whoever reaches the server may read, change and delete every message.',
    cure: 'Give the server a user with a password, and name both in the url.',
  },
  {
    severity: 'warning',
    setting: 'protected-mode',
    found: ({ isRemote, hasPassword, settings }) =>
      !isRemote && !hasPassword && settings.get('protected-mode') === 'no' ? 'no' : undefined,
    risk: 'There is no password, and nothing but the address and a firewall keeps strangers from the messages.',
    cure: 'Set protected-mode to yes, or give the server a password.',
  },
  {
    severity: 'warning',
    setting: 'tls',
    found: ({ isRemote, hasTls }) => (isRemote && !hasTls ? 'none' : undefined),
    risk: 'Messages and the password can be read on the way to the server.',
    cure: 'Let the url begin with rediss://, or set the option tls.',
  },
  {
    severity: 'warning',
    setting: 'timeout',
    found({ settings }) {
      const timeout = settings.get('timeout') ?? '0'
      return timeout === '0' ? undefined : timeout
    },
    risk: 'Redis closes connections that are idle for as many seconds; what is sent at that moment is refused to its sender.',
    cure: 'Set timeout to 0; tcp-keepalive finds connections that are dead.',
  },
  {
    severity: 'warning',
    setting: 'permissions',
    found: ({ refused }) => (refused.length > 0 ? `without ${refused.join(' and ')}` : undefined),
    risk: 'This user may not look at all settings, so that not all of this could be checked.',
    cure: 'Run the doctor as a user with +config|get and +info, or look where the server is managed.',
  },
]

function appending(settings: ServerFacts['settings'], how: string): string | undefined {
  return settings.get('appendonly') === 'yes' && settings.get('appendfsync') === how ? how : undefined
}
