import { expect } from 'chai'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadTransport } from '../../src/transports/load-transport.ts'
import { errorOf, newDirectory } from './config-setup.ts'

const usable = `{ name: 'kafka', event: { optionsSchema: { type: 'object', properties: {} }, create() {} } }`

async function directoryWith(file: string, text: string): Promise<string> {
  const directory = await newDirectory()
  await mkdir(join(directory, file, '..'), { recursive: true })
  await writeFile(join(directory, file), text)
  return directory
}

describe('load-transport', () => {
  it('imports a file beside the configuration, by its export transportModule', async () => {
    const directory = await directoryWith('kafka.mjs', `export const transportModule = ${usable}`)
    expect((await loadTransport('./kafka.mjs', directory)).name).to.equal('kafka')
  })

  it('imports a package that is installed beside the configuration, by its default export', async () => {
    const directory = await directoryWith('node_modules/lightbus-kafka/index.mjs', `export default ${usable}`)
    const manifest = { name: 'lightbus-kafka', exports: { default: './index.mjs' } }
    await writeFile(join(directory, 'node_modules/lightbus-kafka/package.json'), JSON.stringify(manifest))
    expect((await loadTransport('lightbus-kafka', directory)).name).to.equal('kafka')
  })

  it('says how to install a transport that is missing', async () => {
    const error = await errorOf(loadTransport('@acme/lightbus-kafka', await newDirectory()))
    expect(error.code).to.equal('BUS_TRANSPORT_NOT_INSTALLED')
    expect(error.message).to.include(
      '"@acme/lightbus-kafka" is not installed. Run: npm install @acme/lightbus-kafka',
    )
  })

  it('does not take a package for the transport "debug" of Python', async () => {
    const directory = await directoryWith('node_modules/debug/index.mjs', `export default ${usable}`)
    const error = await errorOf(loadTransport('debug', directory))
    expect(error.code).to.equal('BUS_TRANSPORT_MODULE_INVALID')
    expect(error.message).to.include('it is a transport of Python alone; use memory')
  })

  it('says that a file is missing', async () => {
    const error = await errorOf(loadTransport('./kafka.mjs', await newDirectory()))
    expect(error.code).to.equal('BUS_TRANSPORT_MODULE_INVALID')
    expect(error.message).to.include('there is no such file')
  })

  it('does not call a transport missing when something that it imports is', async () => {
    const directory = await directoryWith(
      'kafka.mjs',
      `import 'not-installed-client'\nexport default ${usable}`,
    )
    const error: unknown = await loadTransport('./kafka.mjs', directory).catch((reason: unknown) => reason)
    expect(error).to.have.property('code').not.equal('BUS_TRANSPORT_NOT_INSTALLED')
    expect(error).to.have.property('message').that.includes('not-installed-client')
  })

  for (const [what, text, why] of [
    ['exports nothing of use', 'export const other = 1', 'exports no "transportModule"'],
    ['has no name', 'export default { event: {} }', 'it has no name'],
    ['makes no transport', `export default { name: 'kafka' }`, 'it makes no transport'],
    ['cannot create', `export default { name: 'kafka', rpc: {} }`, 'its "rpc" has no create()'],
    [
      'has no options',
      `export default { name: 'x', rpc: { create() {} } }`,
      'its "rpc" has no optionsSchema',
    ],
  ] as const) {
    it(`refuses a module that ${what}`, async () => {
      const error = await errorOf(loadTransport('./kafka.mjs', await directoryWith('kafka.mjs', text)))
      expect(error.code).to.equal('BUS_TRANSPORT_MODULE_INVALID')
      expect(error.message).to.include(why)
    })
  }
})
