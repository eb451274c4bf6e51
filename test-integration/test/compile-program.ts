import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = `${root}test-integration/.cache/types-${process.pid}/`

/** What the compiler says of a program, and how long the check took it beyond its start, in milliseconds. */
export function compile(
  name: string,
  source: string,
): { readonly errors: string[]; readonly checkMs: number } {
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}${name}.ts`, source)
  const config = {
    extends: '../../../tsconfig.test.json',
    compilerOptions: { rootDir: root, incremental: false, tsBuildInfoFile: null, extendedDiagnostics: true },
    include: [],
    files: [`${name}.ts`],
  }
  writeFileSync(`${folder}${name}.json`, JSON.stringify(config))
  const { stdout } = spawnSync('npx', ['tsc', '-p', `${folder}${name}.json`], { encoding: 'utf8', cwd: root })
  const seconds = /Check time:\s+([\d.]+)s/.exec(stdout)?.[1]
  if (seconds === undefined) throw new Error(stdout)
  return {
    errors: stdout.split('\n').filter((line) => line.includes('error TS')),
    checkMs: Number(seconds) * 1_000,
  }
}

/** Takes the programs away. */
export function removeCompiled(): void {
  rmSync(folder, { recursive: true, force: true })
}
