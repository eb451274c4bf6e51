// Checks which way imports go, and the budgets and names of files, as docs/tour.md draws them. There are no exceptions.
import { basename } from 'node:path'
import { filesBelow, foldersIn, importsOf, resolveImport, textOf } from './source-files.mjs'

const layers = [
  ['errors', 'util'],
  ['messages', 'api'],
  ['contracts'],
  ['schema', 'transports', 'plugins', 'config'],
  ['client', 'worker'],
  ['bus'],
  ['cli', 'testing'],
]
// Neighbours that may be imported all the same; two folders that import each other are a cycle, reported as such.
const neighbours = new Set(['util → errors', 'api → messages', 'messages → api'])
const doors = new Set(['index.ts', 'transport.ts', 'testing.ts'])
const packageRanks = [['core'], ['transport-testkit'], ['transport-memory', 'transport-redis']]
// Not published, and above all packages: the proof that the kit notices what is wrong with a transport needs one.
const abovePackages = [
  'packages/transport-testkit/mutants/',
  'packages/transport-testkit/test/mutants.test.ts',
]
const forbiddenNames = new Set(['utils', 'helpers', 'common', 'lib', 'types', 'manager'])
const maxLines = 300

const violations = []
const coreSource = 'packages/core/src/'
const packages = foldersIn('packages')
const sources = packages.flatMap((name) => filesBelow(`packages/${name}/src`, ['.ts']))
const everything = ['packages', 'test-integration', 'benchmarks', 'examples', 'scripts'].flatMap((folder) =>
  filesBelow(folder, ['.ts', '.mts', '.js', '.mjs']),
)

checkLayersOfCore()
checkContracts()
checkContainer()
checkPackages()
checkCycles()
checkFiles()

if (violations.length > 0) {
  for (const violation of violations) console.error(violation)
  console.error(`\n${violations.length} violations of the layers and budgets; docs/tour.md explains them.`)
  process.exitCode = 1
} else {
  console.log(`Layers: ${everything.length} files, every import goes down.`)
}

function checkLayersOfCore() {
  const crossings = new Map()
  for (const path of sources.filter((source) => source.startsWith(coreSource))) {
    const folder = folderInCore(path)
    if (folder === undefined) {
      if (!doors.has(path.slice(coreSource.length))) {
        violations.push(
          `${path}: only the doors ${[...doors].join(', ')} stand in src itself; it belongs into a folder.`,
        )
      }
      continue
    }
    const layer = layerOf(folder)
    if (layer < 0) {
      violations.push(`${path}: the folder ${folder} has no layer.`)
      continue
    }
    for (const { specifier, line } of importsOf(path)) {
      if (!specifier.startsWith('.')) continue
      const target = resolveImport(path, specifier)
      if (!target.startsWith(coreSource)) continue
      const targetFolder = folderInCore(target)
      if (targetFolder === folder) continue
      const crossing = `${folder} → ${targetFolder ?? basename(target)}`
      if (targetFolder === undefined || layerOf(targetFolder) > layer) {
        violations.push(`${path}:${line}: imports upwards (${crossing}).`)
      } else if (layerOf(targetFolder) === layer && !neighbours.has(crossing)) {
        violations.push(`${path}:${line}: imports sideways (${crossing}).`)
      }
      if (!crossings.has(crossing)) crossings.set(crossing, `${path}:${line}`)
    }
  }
  if (crossings.has('api → messages') && crossings.has('messages → api')) {
    violations.push(
      `${crossings.get('api → messages')}, ${crossings.get('messages → api')}: api and messages import each other.`,
    )
  }
}

function folderInCore(path) {
  const parts = path.slice(coreSource.length).split('/')
  return parts.length > 1 ? parts[0] : undefined
}

function layerOf(folder) {
  return layers.findIndex((folders) => folders.includes(folder))
}

/** The sources are formatted, so a statement starts in the first column and nothing else but closing brackets does. */
function checkContracts() {
  const allowed = /^(?:import type |export type |export interface |type |interface |[})\]|&/ *]|$)/
  for (const path of sources.filter((source) => source.startsWith(`${coreSource}contracts/`))) {
    textOf(path)
      .split('\n')
      .forEach((text, index) => {
        if (!allowed.test(text))
          violations.push(`${path}:${index + 1}: contracts are interfaces and types, no code.`)
      })
  }
}

function checkContainer() {
  for (const path of sources.filter((source) => !source.startsWith(`${coreSource}bus/`))) {
    for (const { specifier, line } of importsOf(path)) {
      if (specifier === 'tsyringe')
        violations.push(`${path}:${line}: tsyringe is known in core/src/bus and nowhere else.`)
    }
  }
}

function checkPackages() {
  for (const name of packages) {
    const rank = rankOf(name)
    if (rank < 0) violations.push(`packages/${name}: has no place in the order of the packages.`)
    for (const path of filesBelow(`packages/${name}`, ['.ts'])) {
      const isAbove = abovePackages.some((place) => path.startsWith(place))
      checkImportsOfPackage(path, name, isAbove ? packageRanks.length : rank)
    }
  }
  const outside = [
    ...filesBelow('test-integration', ['.ts']),
    ...filesBelow('benchmarks', ['.ts']),
    ...filesBelow('examples', ['.ts']),
  ]
  for (const path of outside) checkImportsOfPackage(path, undefined, packageRanks.length)
}

function checkImportsOfPackage(path, name, rank) {
  for (const { specifier, line } of importsOf(path)) {
    if (specifier.startsWith('.')) {
      const target = resolveImport(path, specifier)
      const home = path.split('/').slice(0, /^(test-integration|benchmarks)\//.test(path) ? 1 : 2)
      if (!target.startsWith(`${home.join('/')}/`)) {
        violations.push(`${path}:${line}: leaves its package (${specifier}).`)
      }
      continue
    }
    const match = /^@lightbus\/([^/]+)(\/.+)?$/.exec(specifier)
    if (!match || !packages.includes(match[1])) continue
    const [, target, door = ''] = match
    if (target !== name && rankOf(target) >= rank) {
      violations.push(`${path}:${line}: ${name} may not import ${specifier}.`)
    }
    const { exports = {} } = JSON.parse(textOf(`packages/${target}/package.json`))
    if (!(`.${door}` in exports)) violations.push(`${path}:${line}: ${specifier} is no door of its package.`)
  }
}

function rankOf(name) {
  return packageRanks.findIndex((names) => names.includes(name))
}

function checkCycles() {
  const done = new Set()
  const trail = []
  const graph = new Map(
    sources.map((path) => [
      path,
      importsOf(path)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => resolveImport(path, specifier)),
    ]),
  )
  const visit = (path) => {
    if (trail.includes(path)) {
      violations.push(`Files import each other: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`)
      return
    }
    if (done.has(path)) return
    trail.push(path)
    for (const target of graph.get(path) ?? []) visit(target)
    trail.pop()
    done.add(path)
  }
  for (const path of graph.keys()) visit(path)
}

function checkFiles() {
  for (const path of everything) {
    const stem = basename(path).split('.')[0]
    if (forbiddenNames.has(stem)) violations.push(`${path}: a file is named after the one thing it exports.`)
    if (path.includes('/test/')) continue
    const lines = textOf(path).trimEnd().split('\n').length
    if (lines > maxLines)
      violations.push(
        `${path}: ${lines} lines, ${maxLines} at most; a responsibility wants a file of its own.`,
      )
  }
}
