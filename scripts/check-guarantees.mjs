// Checks that the guarantees, their cases, docs/guarantees.md and the comments of the contracts name the same numbers and say the
// same. With --write the tables of the document are made anew. Reads what the build has made.
import { readFileSync, writeFileSync } from 'node:fs'
import { allCases } from '../packages/transport-testkit/dist/cases/all-cases.js'
import { guaranteeIds, guarantees } from '../packages/transport-testkit/dist/index.js'
import { filesBelow, textOf } from './source-files.mjs'

const document = 'docs/guarantees.md'
const kinds = new Set(['event', 'rpc', 'result', 'schema'])
// `(E7)`, `(E20, E35)`, `(E40–E43, R1)`
const number = '[LERSC]\\d+(?:–[LERSC]\\d+)?'
const mention = new RegExp(`\\((${number}(?:, ${number})*)\\)`, 'g')
const violations = []

if (process.argv.includes('--write')) writeTables()
checkCases()
checkDocument()
checkContracts()

if (violations.length > 0) {
  for (const violation of violations) console.error(violation)
  console.error(
    `\n${violations.length} differences between the guarantees, their cases and what is said of them.`,
  )
  process.exitCode = 1
} else {
  console.log(
    `Guarantees: ${guaranteeIds.length}, each with a case, a row in ${document} and a place in the contracts.`,
  )
}

function checkCases() {
  for (const id of guaranteeIds) if (!allCases[id]) violations.push(`${id} has no case.`)
  for (const id of Object.keys(allCases))
    if (!guarantees[id]) violations.push(`The case ${id} shows no guarantee.`)
}

function checkDocument() {
  const rows = new Map(rowsOf(textOf(document)))
  for (const id of guaranteeIds) {
    if (!rows.has(id)) violations.push(`${document}: has no row ${id}.`)
    else if (rows.get(id) !== rowFor(id)) violations.push(`${document}: ${id} should be\n  ${rowFor(id)}`)
  }
  for (const id of rows.keys()) if (!guarantees[id]) violations.push(`${document}: nothing guarantees ${id}.`)
}

function checkContracts() {
  const mentioned = new Set()
  for (const path of filesBelow('packages/core/src/contracts', ['.ts'])) {
    for (const [, list] of textOf(path).matchAll(mention)) {
      for (const id of expanded(list)) {
        mentioned.add(id)
        if (!guarantees[id] && !list.includes('–')) violations.push(`${path}: nothing guarantees ${id}.`)
      }
    }
  }
  for (const id of guaranteeIds)
    if (!mentioned.has(id))
      violations.push(`packages/core/src/contracts: no comment says where ${id} is kept.`)
}

/** `E1–E3, E7` → E1, E2, E3, E7. */
function expanded(list) {
  return list.split(', ').flatMap((part) => {
    const [from, to = from] = part.split('–')
    const [first, last] = [from, to].map((id) => Number(id.slice(1)))
    return Array.from({ length: last - first + 1 }, (_, index) => `${from[0]}${first + index}`)
  })
}

function rowsOf(text) {
  return [...text.matchAll(/^\| ([LERSC]\d+) +\|.*\|$/gm)].map(([row, id]) => [id, tidy(row)])
}

/** A row as it reads, however wide its columns are. */
function tidy(row) {
  return row.replaceAll(/\s+/g, ' ')
}

function rowFor(id) {
  const { property, needs, tier } = guarantees[id]
  const special = needs.filter((need) => !kinds.has(need)).map((need) => `\`${need}\``)
  return tidy(`| ${id} | ${property} | ${special.join(', ')} | ${tier} |`)
}

function writeTables() {
  const text = readFileSync(document, 'utf8')
  const written = text.replaceAll(
    /(<!-- ([LERSC]\d+–[LERSC]\d+) -->\n)[^]*?(?=\n<!-- end -->)/g,
    (_, opening, ids) => {
      const rows = expanded(ids.replaceAll(',', ', ')).filter((id) => guarantees[id])
      return `${opening}\n| | Guarantee | Needs | Tier |\n| --- | --- | --- | --- |\n${rows.map(rowFor).join('\n')}\n`
    },
  )
  writeFileSync(document, written)
}
