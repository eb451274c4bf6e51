// A Cluster of three masters with a replica each, and what happens when a master dies.
import { findBinary } from './redis-binaries.mjs'
import { asArguments, ask, plainSettings, startNode, until } from './redis-node.mjs'

const host = '127.0.0.1'
const slots = 16_384
const nodeTimeoutMs = 1_000
const askAgainMs = 5_500

/**
 * `nodes` are the addresses to begin with. `failover()` kills the master of a key (of slot 0 without one), resolves when its
 * replica has taken over everywhere, and brings the old one back as a replica. `switchOver()` lets the replica take over while
 * both live. `restart()` kills all and starts them again.
 */
export async function startCluster({ server = 'distribution', isBackground = false } = {}) {
  const binary = await findBinary(server)
  const settings = (place) => [
    ...plainSettings(place, true),
    ...asArguments({
      'cluster-enabled': 'yes',
      'cluster-node-timeout': nodeTimeoutMs,
      // A node that was away for longer may take over all the same: there is no better one.
      'cluster-replica-validity-factor': 0,
      // A replica that has heard nothing yet is not listed.
      'repl-ping-replica-period': 1,
    }),
  ]
  const starting = Array.from({ length: 6 }, () => startNode(binary, settings, { isBackground }))
  const outcomes = await Promise.allSettled(starting)
  const started = outcomes.flatMap(({ value }) => (value ? [value] : []))
  const stop = async () => void (await Promise.all(started.splice(0).map((node) => node.stop())))
  try {
    const failed = outcomes.find(({ status }) => status === 'rejected')
    if (failed) throw failed.reason
    const [masters, replicas] = [started.slice(0, 3), started.slice(3)]
    await join(masters, replicas)
    const { kind, version, how } = binary
    const nodes = started.map(({ port }) => ({ host, port }))
    const all = [...started]
    return {
      nodes,
      kind,
      version,
      how: `${how}, as a Cluster of six`,
      failover: (key) => failover(all, key),
      switchOver: (key) => switchOver(all, key),
      restart: () => restart(all),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function join(masters, replicas) {
  const all = [...masters, ...replicas]
  // All meet all: gossip alone takes seconds.
  for (const { port } of all)
    await ask(port, (client) => Promise.all(all.map((other) => client.cluster('MEET', host, other.port))))
  const share = Math.ceil(slots / masters.length)
  for (const [index, { port }] of masters.entries()) {
    const from = index * share
    const own = Array.from({ length: Math.min(share, slots - from) }, (_, slot) => from + slot)
    await ask(port, (client) => client.cluster('ADDSLOTS', own))
  }
  await untilAll(all, 'everybody knows everybody', (client) => knowsMany(client, all.length))
  for (const [index, { port }] of replicas.entries()) {
    const id = await ask(masters[index].port, (client) => client.cluster('MYID'))
    await ask(port, (client) => client.cluster('REPLICATE', id))
  }
  await untilAll(all, 'the Cluster is complete', (client) => isComplete(client, all.length))
}

async function failover(all, key) {
  const { slot, owner } = await masterOf(all, key)
  const fallen = all.find(({ port }) => port === owner)
  await fallen.end({ kill: true })
  const others = all.filter((node) => node !== fallen)
  await untilAll(others, 'the replica has taken over', hasAnotherOwner(slot, owner))
  await fallen.start()
  await untilAll(all, 'the old master is a replica', (client) => isComplete(client, all.length))
}

async function restart(all) {
  await Promise.all(all.map((node) => node.end({ kill: true })))
  await Promise.all(all.map((node) => node.start()))
  await untilAll(all, 'the Cluster is complete again', (client) => isComplete(client, all.length))
}

async function switchOver(all, key) {
  const { slot, owner, replica } = await masterOf(all, key)
  const isOver = hasAnotherOwner(slot, owner)
  let askedAt = -Infinity
  await untilAll(all, 'the replica has taken over', async (client, port) => {
    // The others vote for no second replica of a master at once, and the replica forgets what it was asked after 5 s.
    if (port === replica && performance.now() - askedAt > askAgainMs && !(await isOver(client))) {
      askedAt = performance.now()
      await client.cluster('FAILOVER')
    }
    return isOver(client)
  })
  await untilAll(all, 'the old master is a replica', (client) => isComplete(client, all.length))
}

function hasAnotherOwner(slot, former) {
  return async (client) => {
    const [owner] = await portsOf(client, slot)
    return owner !== former && (await isUp(client))
  }
}

/** Of the slot that the key is in. */
function masterOf([{ port }], key) {
  return ask(port, async (client) => {
    const slot = key === undefined ? 0 : await client.cluster('KEYSLOT', key)
    const [owner, replica] = await portsOf(client, slot)
    return { slot, owner, replica }
  })
}

/** The master's first. */
async function portsOf(client, slot) {
  const ranges = await client.cluster('SLOTS')
  const [, , ...nodes] = ranges.find(([from, to]) => from <= slot && slot <= to) ?? []
  return nodes.map(([, port]) => port)
}

/** Three masters that serve all slots, each with a replica that is connected to it, and nobody missing. */
async function isComplete(client, count) {
  if (!(await isUp(client))) return false
  const ranges = await client.cluster('SLOTS')
  const [, , , state = 'connected'] = await client.call('ROLE')
  return state === 'connected' && ranges.every((range) => range.length >= 4) && knowsMany(client, count)
}

async function knowsMany(client, count) {
  const lines = String(await client.cluster('NODES'))
    .trim()
    .split('\n')
  return lines.length === count && lines.every((line) => !/fail|handshake|noaddr/.test(line))
}

async function isUp(client) {
  return String(await client.cluster('INFO')).includes('cluster_state:ok')
}

async function untilAll(nodes, what, holds) {
  await until(what, async () => {
    const answers = nodes.map(({ port }) => ask(port, (client) => holds(client, port)))
    return (await Promise.all(answers)).every(Boolean)
  })
}
