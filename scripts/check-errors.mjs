// Checks that every error of the catalogue is raised, tested and explained, and that the documents name no other.
import { filesBelow, foldersIn, textOf } from './source-files.mjs'

const document = 'docs/errors.md'
const testkit = 'packages/transport-testkit/'

const sources = foldersIn('packages')
  .flatMap((name) => filesBelow(`packages/${name}/src`, ['.ts']))
  .map((path) => ({ path, text: textOf(path) }))
const raising = sources.filter(({ path }) => !path.startsWith(testkit))
// The testkit's suites stand in its src, and are run by the tests of the transports.
const tests = [
  ...sources.filter(({ path }) => path.startsWith(testkit)).map(({ text }) => text),
  ...['packages', 'test-integration', 'benchmarks', 'examples']
    .flatMap((folder) => filesBelow(folder, ['.ts']))
    .filter((path) => path.includes('/test/'))
    .map(textOf),
].join('\n')
const documents = ['README.md', ...filesBelow('docs', ['.md'])]

const violations = []
const definitions = raising.flatMap(({ path, text }) =>
  [...text.matchAll(/const (\w+) = defineError\(\s*'(\w+)'/g)].map(([, name, code]) => ({
    path,
    name,
    code,
  })),
)
const codes = new Set(definitions.map(({ code }) => code))
const headings = [...textOf(document).matchAll(/^## (\w+)\s*$/gm)].map(([, code]) => code)

for (const { path, name, code } of definitions) {
  const raised = raising.some(({ text }) => new RegExp(`\\b${name}\\(`).test(text))
  if (!raised) violations.push(`${path}: ${code} (${name}) is never raised.`)
  if (!new RegExp(`\\b(?:${name}|${code})\\b`).test(tests))
    violations.push(`${path}: ${code} (${name}) is in no test.`)
  if (!headings.includes(code)) violations.push(`${document}: has no heading "## ${code}".`)
}
if (codes.size < definitions.length) violations.push('A code is defined twice.')
if (new Set(headings).size < headings.length) violations.push(`${document}: a code is explained twice.`)
for (const heading of headings) {
  if (!codes.has(heading)) violations.push(`${document}: explains ${heading}, which no source defines.`)
}
for (const path of documents) {
  for (const [code] of textOf(path).matchAll(/\bBUS_[A-Z0-9_]+\b/g)) {
    if (!codes.has(code) && !headings.includes(code))
      violations.push(`${path}: names ${code}, which no source defines.`)
  }
}

if (violations.length > 0) {
  for (const violation of violations) console.error(violation)
  console.error(`\n${violations.length} gaps between the errors, their tests and their explanations.`)
  process.exitCode = 1
} else {
  console.log(`Errors: ${codes.size} codes, each raised, tested and explained.`)
}
