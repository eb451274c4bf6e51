import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import type { Results } from '../measurement.ts'
import { markdown } from './markdown.ts'
import { drawn, plots } from './plots.ts'
import { svg } from './svg.ts'

/** Writes `report.md`, its plots and `results.json` into a folder. */
export async function writeReport(results: Results, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const shown = plots.flatMap((plot) => {
    const spec = drawn(plot, results.measurements)
    return spec ? [{ plot, spec }] : []
  })
  for (const { plot, spec } of shown) await writeFile(join(folder, plot.file), await svg(spec))
  const text = markdown(
    results,
    shown.map(({ plot }) => plot),
  )
  await writeFormatted(join(folder, 'report.md'), text)
  await writeFormatted(join(folder, 'results.json'), JSON.stringify(results, undefined, 2))
}

/** As the repository has its files, so that a report can be committed as it is. */
async function writeFormatted(path: string, text: string): Promise<void> {
  await writeFile(path, await format(text, { ...(await resolveConfig(path)), filepath: path }))
}
