import { readFile } from 'node:fs/promises'
import { isPython } from './is-python.ts'
import type { Subject } from './subject.ts'

const compared = ['bullmq', '@nestjs/microservices', 'moleculer', '@moleculer/channels', 'ioredis-6']

/** The versions of what Lightbus is compared with: its dependencies say exactly which, and Python says its own. */
export async function comparedPackages(
  subjects: readonly Subject[],
): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  const { dependencies } = JSON.parse(text) as { readonly dependencies: Readonly<Record<string, string>> }
  return {
    ...Object.fromEntries(compared.map((name) => named(name, dependencies[name] ?? 'unknown'))),
    ...(subjects.some(isPython) && { 'lightbus for Python': await pythonVersion() }),
  }
}

/** What is installed by another name is told by its own. */
function named(name: string, version: string): readonly [string, string] {
  const [, original, actual] = /^npm:(.+)@(.+)$/.exec(version) ?? []
  return original && actual ? [original, actual] : [name, version]
}

async function pythonVersion(): Promise<string> {
  const { href } = new URL('../../scripts/python-environment.mjs', import.meta.url)
  const { preparePython } = (await import(href)) as { preparePython(): Promise<string> }
  return preparePython()
}
