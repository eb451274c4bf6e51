// A virtual environment with the real Python Lightbus in it, made once and kept.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// The Python to use, and where the environment is, may be said by the environment.
const folder =
  process.env.PYTHON_LIGHTBUS || fileURLToPath(new URL('../test-integration/.cache/python', import.meta.url))
const python = join(folder, 'bin/python')
const candidates = process.env.PYTHON
  ? [process.env.PYTHON]
  : ['python3', ...[13, 12, 11, 10, 9].map((minor) => `python3.${minor}`)]
// A pre-release in the range lets pip choose pre-releases of this package, and of no other.
const wanted = 'lightbus>=1.1.2a0'
const installMs = 180_000

/** What has to be there before anything can be installed, and is not. */
export class NotPossible extends Error {}

/** Says which version is there, after installing it if need be. Throws `NotPossible` without a Python or a registry that answers. */
export async function preparePython() {
  const before = version()
  if (before.status === 0) return before.stdout.trim()
  const base = usablePython()
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  console.log(`Installing ${wanted} into ${folder}.`)
  const made = run(base, ['-m', 'venv', folder])
  if (!made.isDone)
    throw new NotPossible(`A virtual environment for Python Lightbus could not be made: ${made.why}`)
  install()
  const { status, stdout, stderr } = version()
  if (status === 0) return stdout.trim()
  throw new Error(`Python Lightbus was installed, but does not run here: ${stderr.trim().split('\n').at(-1)}`)
}

function install() {
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1', wanted]
  const { isDone, isLate, output, why } = run(python, args)
  if (isDone) return
  if (isLate || output.includes('(from versions: none)'))
    throw new NotPossible(
      `Python Lightbus could not be installed: its package registry cannot be reached, or does not have it: ${why}`,
    )
  throw new Error(`Python Lightbus could not be installed: ${why}`)
}

function usablePython() {
  const test = 'import sys; sys.exit(not (3, 9) <= sys.version_info < (3, 14))'
  const found = candidates.find((name) => spawnSync(name, ['-c', test]).status === 0)
  if (found === undefined)
    throw new NotPossible(`There is no Python 3.9 to 3.13 on the PATH: looked for ${candidates.join(', ')}`)
  return found
}

function version() {
  if (!existsSync(python)) return { status: 1 }
  const says =
    'import sys, lightbus, importlib.metadata as m; print(m.version("lightbus"), "on Python", sys.version.split()[0])'
  return spawnSync(python, ['-c', says], { encoding: 'utf8' })
}

function run(command, args) {
  const done = spawnSync(command, args, { encoding: 'utf8', timeout: installMs })
  const output = `${done.stderr ?? ''}\n${done.stdout ?? ''}`.trim()
  const lines = output.split('\n')
  const line = lines.find((each) => /error/i.test(each)) ?? lines.at(-1)
  return {
    isDone: done.status === 0,
    isLate: done.error?.code === 'ETIMEDOUT',
    output,
    why: done.error?.message ?? (line || `exit code ${done.status}`),
  }
}
