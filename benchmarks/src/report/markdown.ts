import type { Machine, Measurement, Results } from '../measurement.ts'
import { chapters, type Chapter } from './chapters.ts'
import { compareTables } from './compare-tables.ts'
import { growthTables } from './growth-tables.ts'
import type { Plot } from './plots.ts'
import { settingsList } from './settings-list.ts'
import { ours } from './subject-names.ts'
import { targetsTable } from './targets-table.ts'
import { fitting } from './wanted.ts'

/** The whole report, with those plots that were drawn. */
export function markdown({ machine, packages, measurements }: Results, plots: readonly Plot[]): string {
  const parts = [
    '# Benchmark report',
    '```sh\nnpm run bench -- --report docs/performance\n```',
    'generated this page from one run. [Performance](../performance.md) says what is compared and how, and what is not equal; [results.json](results.json) has each round.',
    `${machineWords(machine)} ${versions(packages)}`,
    '## Targets',
    `They are for ${ours}: as it is by default, with validation. A peer counts with its fastest variant at each figure. \`≥\` is how many times as good Lightbus has to be, \`≤\` how many times as costly it may be, or how much it may take.`,
    ...targetsTable(measurements),
    'What profiles show to be in the way of those that are missed stands [beside the explanation](../performance.md#what-is-in-the-way).',
    '## How to read the tables',
    `A value is the median of the rounds, and ± says how far they lie apart; the best value is bold. “Lightbus is” tells where ${ours} stands beside the row: with \`1.80× ahead\` it is 1.8 times as good, with \`1.20× behind\` the row is 1.2 times as good. The plots show ${ours}, and each peer with its fastest variant. What runs in memory has no broker and competes with nobody.`,
    ...chapters.flatMap((chapter) => section(chapter, measurements, plots)),
    '## Settings',
    settingsList(measurements),
  ]
  return `${parts.join('\n\n')}\n`
}

function machineWords({ cpu, cores, memoryGb, node, redis, os, date }: Machine): string {
  const computer = `${cpu} with ${cores} cores and ${memoryGb} GB`
  return `This run, of ${date.slice(0, 10)}: ${computer}, ${os}, Node.js ${node}, ${redis}.`
}

function versions(packages: Results['packages']): string {
  const each = Object.entries(packages).map(([name, version]) => `${name} ${version}`)
  return `Compared with: ${each.join(', ')}.`
}

function section(chapter: Chapter, all: readonly Measurement[], plots: readonly Plot[]): readonly string[] {
  const { title, about, isGrowth } = chapter
  const measurements = all.filter((one) => one.case === chapter.case)
  if (measurements.length === 0) return []
  const images = plots
    .filter((plot) => caseOf(plot, all) === chapter.case)
    .map((plot) => `![${plot.title}](${plot.file})`)
  const tables = isGrowth ? growthTables(measurements) : compareTables(measurements)
  return [`## ${title}`, about, ...images, ...tables]
}

/** A plot stands above the tables of the first case in it that was measured. */
function caseOf({ panels }: Plot, all: readonly Measurement[]): string | undefined {
  return panels.find((panel) => fitting(panel, all).length > 0)?.case
}
