import { readFile } from 'node:fs/promises'

const page = new URL('../../../../docs/redis-servers.md', import.meta.url)

/** The user that the documentation proposes: what is tested is what is written there. */
export interface SmallestUser {
  readonly name: string
  readonly password: string
  /** What the names of its keys start with. */
  readonly keyPrefix: string
  /** What follows `ACL SETUSER` and the name. */
  readonly rules: readonly string[]
  /** Those of the rules that permit a command. */
  readonly permissions: readonly string[]
  /** What it has to have besides on each node of a Cluster. */
  readonly inCluster: readonly string[]
}

/** Reads the user from the line `ACL SETUSER …` of the documentation, which may be continued by backslashes. */
export async function smallestUser(): Promise<SmallestUser> {
  const text = (await readFile(page, 'utf8')).replaceAll(/\\\n\s*/g, '')
  const [name = '', ...rules] = /^ACL SETUSER (.*)$/m.exec(text)?.[1]?.split(/\s+/) ?? []
  const [password, keys] = [
    rules.find((rule) => rule.startsWith('>')),
    rules.find((rule) => rule.startsWith('~')),
  ]
  if (password === undefined || keys === undefined)
    throw new Error(`${page.pathname} has no line ACL SETUSER.`)
  return {
    name,
    password: password.slice(1),
    keyPrefix: keys.slice(1, -1),
    rules,
    permissions: rules.filter((rule) => rule.startsWith('+')),
    inCluster: /^ACL SETUSER \S+ (\+cluster.*)$/m.exec(text)?.[1]?.split(/\s+/) ?? [],
  }
}
