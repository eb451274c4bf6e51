// Runs the commands that its arguments are, one after the other, whatever becomes of them. Each closes with a line "N passed, N failed";
// this one closes with their sum.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const results = []
let running
let signalled

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    signalled = signal
    if (running) process.kill(-running.pid, signal)
  })

for (const command of process.argv.slice(2)) {
  if (signalled) break
  const result = await run(command)
  results.push(result)
  console.log(`${command}: ${result.passed} passed, ${result.failed} failed`)
}
if (signalled) results.push({ passed: 0, failed: 1 })
const passed = sum(results.map((result) => result.passed))
const failed = sum(results.map((result) => result.failed))
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

/** Hands on what the command says, but for its closing line. Without that, or with another end than it says, it has failed. */
async function run(command) {
  // In a group of its own, so that a signal reaches all of it.
  running = spawn(command, { cwd: root, shell: true, detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => running.once('close', resolve))
  let closing
  for await (const line of createInterface(running.stdout)) {
    const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(line) ?? []
    if (failed === undefined) console.log(line)
    else closing = { passed: Number(passed), failed: Number(failed) }
  }
  const code = await ended
  running = undefined
  if (closing && (code === 0 || closing.failed > 0)) return closing
  console.log(
    `${command} ended with exit code ${code}, ${closing ? 'and no test failed' : 'and no closing line'}.`,
  )
  return { passed: closing?.passed ?? 0, failed: 1 }
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}
