// One primary, two replicas, three sentinels that agree by two, and what happens when the primary dies.
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findBinary } from './redis-binaries.mjs'
import { ask, plainSettings, startNode, until } from './redis-node.mjs'

const host = '127.0.0.1'
const name = 'tests'
const usualDownAfterMs = 500

/**
 * `sentinels` are the addresses to ask for the primary of the name `name`. `failover()` kills the primary, resolves when
 * another one has taken over and the old one is back as its replica. Soon after another it takes up to 15 s. `switchOver()`
 * lets another one take over while the primary lives. `restart()` kills the primary and starts it at once. `nodes` are it
 * and its replicas. After `downAfterMs` without a word it counts as dead.
 */
export async function startSentinel({
  server = 'distribution',
  isBackground = false,
  downAfterMs = usualDownAfterMs,
} = {}) {
  const binary = await findBinary(server)
  const started = []
  const start = async (settings, ready) => {
    const node = await startNode(binary, settings, { ready, isBackground })
    started.push(node)
    return node
  }
  let primaryPort
  const follow = (place) => [
    ...plainSettings(place, true),
    // Nobody follows himself, and the first one starts alone.
    ...([undefined, place.port].includes(primaryPort) ? [] : ['--replicaof', host, String(primaryPort)]),
  ]
  const stop = async () => void (await Promise.all(started.splice(0).map((node) => node.stop())))
  try {
    const first = await start(follow)
    primaryPort = first.port
    const data = [first, ...(await Promise.all([start(follow), start(follow)]))]
    await until('both replicas follow', () => every(data, (each) => follows(each, primaryPort)))
    const watch = (place) => sentinelSettings(place, first.port, downAfterMs)
    const watching = await Promise.all([1, 2, 3].map(() => start(watch, 'Sentinel ID is')))
    await until('all sentinels know each other', () => isCalm(watching, data))
    const replace = async (act) => {
      await until('nothing is under way', () => isCalm(watching, data))
      const former = (await primaryOf(watching)).port
      const fallen = data.find(({ port }) => port === former)
      await act(fallen)
      await until('another server is the primary', async () => {
        primaryPort = (await primaryOf(watching)).port
        return primaryPort !== former && (await role(primaryPort))[0] === 'master'
      })
      await fallen.start()
    }
    const failover = () => replace((fallen) => fallen.end({ kill: true }))
    const switchOver = () =>
      replace(() => ask(watching[0].port, (client) => client.call('SENTINEL', 'FAILOVER', name)))
    const restart = async () => {
      primaryPort = (await primaryOf(watching)).port
      await data.find(({ port }) => port === primaryPort).restart({ kill: true })
    }
    const nodes = data.map(({ port }) => ({ host, port }))
    return { ...describe(binary, watching), nodes, failover, switchOver, restart, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function describe({ kind, version, how }, watching) {
  const sentinels = watching.map(({ port }) => ({ host, port }))
  return {
    sentinels,
    name,
    kind,
    version,
    how: `${how}, with three sentinels`,
    primary: () => primaryOf(watching),
  }
}

/** The file is the sentinel's memory too, so a restart leaves it alone. */
async function sentinelSettings({ port, folder }, primaryPort, downAfterMs) {
  const file = join(folder, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    `bind ${host}`,
    `dir ${folder}`,
    `sentinel monitor ${name} ${host} ${primaryPort} 2`,
    `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
    `sentinel failover-timeout ${name} 4000`,
  ]
  if (!existsSync(file)) await writeFile(file, `${lines.join('\n')}\n`)
  return [file, '--sentinel']
}

async function primaryOf([sentinel]) {
  const [, port] = await ask(sentinel.port, (client) =>
    client.call('SENTINEL', 'get-master-addr-by-name', name),
  )
  return { host, port: Number(port) }
}

/** All sentinels see the same primary, nothing down and nothing under way: a failover that begins now is a new one. */
async function isCalm(watching, data) {
  const views = await Promise.all(watching.map(({ port }) => viewOf(port)))
  const [{ port }] = views
  const isAgreed = views.every((view) => view.isCalm && view.port === port && view.epoch === views[0].epoch)
  return isAgreed && every(data, (each) => follows(each, port))
}

function viewOf(sentinel) {
  return ask(sentinel, async (client) => {
    const primary = record(await client.call('SENTINEL', 'master', name))
    const replicas = (await client.call('SENTINEL', 'slaves', name)).map(record)
    const knowsAll = replicas.length === 2 && primary['num-other-sentinels'] === '2'
    const isCalm = primary.flags === 'master' && replicas.every(({ flags }) => flags === 'slave')
    return { port: Number(primary.port), epoch: primary['config-epoch'], isCalm: knowsAll && isCalm }
  })
}

/** A sentinel answers with names and values in turn. */
function record(row) {
  return Object.fromEntries(row.flatMap((field, at) => (at % 2 === 0 ? [[field, row[at + 1]]] : [])))
}

async function follows({ port }, primaryPort) {
  const [kind, , primary, link] = await role(port)
  return port === primaryPort ? kind === 'master' : Number(primary) === primaryPort && link === 'connected'
}

function role(port) {
  return ask(port, (client) => client.call('ROLE'))
}

async function every(nodes, holds) {
  return (await Promise.all(nodes.map(holds))).every(Boolean)
}
