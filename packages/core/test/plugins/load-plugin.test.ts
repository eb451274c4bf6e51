import { expect } from 'chai'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadPlugin } from '../../src/plugins/load-plugin.ts'
import { errorOf, newDirectory } from '../config/config-setup.ts'

const schema = `{ type: 'object', properties: {}, additionalProperties: false }`
const usable = `{ name: 'audit', optionsSchema: ${schema}, create: () => ({ name: 'audit' }) }`

async function directoryWith(file: string, text: string): Promise<string> {
  const directory = await newDirectory()
  await mkdir(join(directory, file, '..'), { recursive: true })
  await writeFile(join(directory, file), text)
  return directory
}

describe('load-plugin', () => {
  it('has two of its own', async () => {
    for (const name of ['internal_state', 'internal_metrics'])
      expect(await loadPlugin(name, await newDirectory())).to.have.property('name', name)
  })

  it('imports a file beside the configuration, by its export pluginModule', async () => {
    const directory = await directoryWith('audit.mjs', `export const pluginModule = ${usable}`)
    expect((await loadPlugin('./audit.mjs', directory)).name).to.equal('audit')
  })

  it('imports a package that is installed beside the configuration, by its default export', async () => {
    const folder = 'node_modules/@acme/lightbus-audit'
    const directory = await directoryWith(`${folder}/index.mjs`, `export default ${usable}`)
    const manifest = { name: '@acme/lightbus-audit', exports: { default: './index.mjs' } }
    await writeFile(join(directory, folder, 'package.json'), JSON.stringify(manifest))
    expect((await loadPlugin('@acme/lightbus-audit', directory)).name).to.equal('audit')
  })

  it('says how to install a plugin that is missing', async () => {
    const error = await errorOf(loadPlugin('@acme/lightbus-audit', await newDirectory()))
    expect(error.code).to.equal('BUS_PLUGIN_NOT_INSTALLED')
    expect(error.message).to.include('Run: npm install @acme/lightbus-audit')
  })

  it('says which of its own a misspelt name may mean', async () => {
    const error = await errorOf(loadPlugin('internal_metric', await newDirectory()))
    expect(error.message).to.include('Did you mean "internal_metrics"?')
  })

  for (const [what, text, why] of [
    ['exports nothing of use', 'export const other = 1', 'exports no "pluginModule"'],
    ['has no name', 'export default {}', 'it has no name'],
    ['has no options', `export default { name: 'x', create() {} }`, 'it has no optionsSchema'],
    ['cannot create', `export default { name: 'x', optionsSchema: ${schema} }`, 'it has no create()'],
  ] as const) {
    it(`refuses a module that ${what}`, async () => {
      const error = await errorOf(loadPlugin('./audit.mjs', await directoryWith('audit.mjs', text)))
      expect(error.code).to.equal('BUS_PLUGIN_MODULE_INVALID')
      expect(error.message).to.include(why)
    })
  }

  it('says that a file is missing', async () => {
    const error = await errorOf(loadPlugin('./audit.mjs', await newDirectory()))
    expect(error.code).to.equal('BUS_PLUGIN_MODULE_INVALID')
    expect(error.message).to.include('there is no such file')
  })

  it('does not call a plugin missing when something that it imports is', async () => {
    const directory = await directoryWith(
      'audit.mjs',
      `import 'not-installed-client'\nexport default ${usable}`,
    )
    const error: unknown = await loadPlugin('./audit.mjs', directory).catch((reason: unknown) => reason)
    expect(error).to.have.property('message').that.includes('not-installed-client')
  })
})
