import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureRedis } from './ensure-redis.mjs'

const wholeRunMs = 17 * 60_000
const lingeringMs = 20_000
/** What a run tells that has come to nothing. */
export const nothing = { passes: [], failures: [], pending: [] }

/** A run of mocha with a Redis of its own. */
export class MochaRun {
  #root
  #config
  #args
  #redis
  #mocha
  #signalled

  /** The configuration is one of mocha's, as it is; mocha adds the files among the arguments to those of it. */
  constructor(root, config, args = []) {
    this.#root = root
    this.#config = config
    this.#args = args
  }

  interrupt(signal) {
    this.#signalled = signal
    if (this.#mocha) endGroup(this.#mocha, 'SIGTERM')
  }

  /** Sees to its Redis, which may have to be installed: one run after the other. */
  async prepare() {
    this.#redis = await ensureRedis()
    console.log(`Redis: ${this.#redis.how}`)
  }

  /** What has passed, failed and been skipped, as mocha tells it, and what went wrong with the run as a whole. */
  async end() {
    const folder = await mkdtemp(join(tmpdir(), 'lightbus-test-'))
    try {
      const output = join(folder, 'results.json')
      const trouble = await this.#run(folder, output)
      const results = await readFile(output, 'utf8').then(JSON.parse, () => undefined)
      return { ...nothing, ...results, trouble: trouble ?? otherEnd(results, this.#mocha) }
    } catch (error) {
      return { ...nothing, trouble: error instanceof Error ? error.message : String(error) }
    } finally {
      await this.#redis?.stop()
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** What went wrong, where mocha did not end by itself and say how. */
  async #run(folder, output) {
    if (this.#signalled) return interrupted(this.#signalled)
    const config = join(folder, 'mocharc.json')
    await writeFile(config, JSON.stringify(this.#config))
    const reporting = ['--reporter', 'json', '--reporter-option', `output=${output}`]
    const program = join(this.#root, 'node_modules/mocha/bin/mocha.js')
    this.#mocha = spawn(process.execPath, [program, '--config', config, ...reporting, ...this.#args], {
      cwd: this.#root,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
      env: { ...process.env, REDIS_URL: this.#redis.url },
    })
    const trouble = await this.#watched(output)
    endGroup(this.#mocha, 'SIGKILL')
    if (this.#signalled) return interrupted(this.#signalled)
    if (trouble || existsSync(output)) return trouble
    const { signalCode, exitCode } = this.#mocha
    return `mocha ended without results (${signalCode ? `signal ${signalCode}` : `exit code ${exitCode}`}).`
  }

  /** Resolves when mocha has ended: with why, where it was made to. */
  async #watched(output) {
    const mocha = this.#mocha
    const startedAt = Date.now()
    let resultsSeenAt
    let trouble
    const watch = setInterval(() => {
      if (existsSync(output)) resultsSeenAt ??= Date.now()
      if (resultsSeenAt && Date.now() - resultsSeenAt > lingeringMs)
        trouble = `The tests are done, but mocha did not end within ${lingeringMs / 1000} s: a test leaves something open.`
      else if (Date.now() - startedAt > wholeRunMs)
        trouble = `The tests were not done after ${wholeRunMs / 60_000} minutes.`
      if (trouble) endGroup(mocha, 'SIGKILL')
    }, 500)
    try {
      await new Promise((resolve, reject) => mocha.once('error', reject).once('close', resolve))
    } finally {
      clearInterval(watch)
    }
    return trouble
  }
}

function interrupted(signal) {
  return `The run was interrupted by ${signal}.`
}

function otherEnd(results, { exitCode }) {
  if (exitCode === 0 || results.failures.length + results.pending.length > 0) return undefined
  return `No test failed, but mocha ended with exit code ${exitCode}.`
}

function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has ended already.
  }
}
