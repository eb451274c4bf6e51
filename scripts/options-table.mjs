// Makes the tables of options in the READMEs of transports from the schemas that the code checks options with. With --write they are
// written; that they are as they should be is a test. Reads what the build has made.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'

const names = ['transport-memory', 'transport-redis']
const kinds = ['event', 'rpc', 'result', 'schema']
const block = /(?<=<!-- options -->\n)[^]*?(?=\n<!-- end -->)/

/** The README of a package. */
export const readmeOf = (name) => fileURLToPath(new URL(`../packages/${name}/README.md`, import.meta.url))

/** The rows that stand in a text between `<!-- options -->` and `<!-- end -->`, however wide its columns are. */
export function rowsIn(text) {
  const lines = block.exec(text)?.[0].trim().split('\n') ?? []
  return lines.map((line) => line.replaceAll(/ +/g, ' ').replaceAll(/-+/g, '-'))
}

/** The rows as they should be, for a transport module. */
export function rowsFor(module) {
  const rows = ['| option | of | type | default | meaning |', '| - | - | - | - | - |']
  for (const [option, byKind] of optionsOf(module))
    for (const [, { schema, of }] of variantsOf(byKind)) rows.push(...rowsOf(option, schema, of))
  return rows.map((row) => row.replaceAll(/-+/g, '-'))
}

/** Every option, with its schema in each kind that has it. */
function optionsOf(module) {
  const options = new Map()
  const present = kinds.filter((kind) => module[kind])
  for (const kind of present)
    for (const [option, schema] of Object.entries(module[kind].optionsSchema.properties))
      options.set(option, { ...options.get(option), [kind]: schema })
  return options
}

/** Kinds whose option is the same share a row. */
function variantsOf(byKind) {
  const variants = new Map()
  for (const [kind, schema] of Object.entries(byKind)) {
    const key = JSON.stringify(schema)
    variants.set(key, { schema, of: [...(variants.get(key)?.of ?? []), kind] })
  }
  return variants
}

function rowsOf(option, schema, of) {
  const inner = schema.properties ?? schema.items?.properties ?? {}
  const path = schema.items ? `${option}[]` : option
  return [
    row(option, schema, of),
    ...Object.entries(inner).flatMap(([name, part]) => rowsOf(`${path}.${name}`, part, of)),
  ]
}

function row(option, schema, of) {
  const carries = of.length === kinds.length ? 'all' : of.join(', ')
  const cells = [`\`${option}\``, carries, typeOf(schema), defaultOf(schema), schema.description ?? '']
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function typeOf({ enum: values, type, pattern }) {
  if (values) return values.map((value) => `\`${value}\``).join(' or ')
  const types = [type].flat().filter((each) => each !== undefined)
  if (pattern === undefined) return types.length === 0 ? 'in code only' : types.join(' or ')
  // A number of seconds, or a text with a unit.
  return ['duration', ...types.filter((each) => each !== 'number' && each !== 'string')].join(' or ')
}

function defaultOf(schema) {
  return schema.default === undefined
    ? 'none'
    : `\`${JSON.stringify(schema.default).replaceAll('"', '') || "''"}\``
}

async function write(name) {
  const { transportModule } = await import(`../packages/${name}/dist/index.js`)
  const path = readmeOf(name)
  const text = readFileSync(path, 'utf8').replace(block, () => `\n${rowsFor(transportModule).join('\n')}\n`)
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), filepath: path }))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--write')) for (const name of names) await write(name)
  else throw new Error('Say --write to write the tables.')
}
