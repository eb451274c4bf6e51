import { expect } from 'chai'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { loadConfig } from '../../src/config/load-config.ts'
import { configFrom, errorOf, fileWith, newDirectory, problemsOf } from './config-setup.ts'

describe('load-config', () => {
  it('reads YAML and JSON alike', async () => {
    const yaml = await configFrom({ config: await fileWith('service_name: shop\n') })
    const json = await configFrom({ config: await fileWith('{"service_name": "shop"}', 'lightbus.json') })
    expect([yaml.serviceName, json.serviceName]).to.deep.equal(['shop', 'shop'])
  })

  it('resolves transports from the directory of the file', async () => {
    const path = await fileWith('service_name: shop\n')
    expect(await loadConfig({ config: path }, {})).to.include({ source: path, directory: dirname(path) })
  })

  it('prefers the environment to the file, and the options to both', async () => {
    const config = await fileWith('service_name: of-file\nprocess_name: of-file\nbus: { log_level: error }\n')
    const environment = { LIGHTBUS_SERVICE_NAME: 'of-env', LIGHTBUS_PROCESS_NAME: 'of-env' }
    expect(await configFrom({ config })).to.include({ serviceName: 'of-file', logLevel: 'error' })
    const both = await configFrom({ config, serviceName: 'of-code', logLevel: 'debug' }, environment)
    expect(both).to.include({ serviceName: 'of-code', processName: 'of-env', logLevel: 'debug' })
  })

  it('takes the file from LIGHTBUS_CONFIG unless the options name another', async () => {
    const environment = { LIGHTBUS_CONFIG: await fileWith('service_name: of-env\n') }
    const config = await fileWith('service_name: of-code\n')
    expect((await configFrom({}, environment)).serviceName).to.equal('of-env')
    expect((await configFrom({ config }, environment)).serviceName).to.equal('of-code')
  })

  it('takes the features from LIGHTBUS_FEATURES', async () => {
    const { features } = await configFrom({}, { LIGHTBUS_FEATURES: 'events, rpcs' })
    expect(features).to.have.members(['events', 'rpcs'])
  })

  it('names the feature that an unknown one most likely means', async () => {
    const problems = await problemsOf('', { LIGHTBUS_FEATURES: 'event' })
    expect(problems).to.deep.equal(['LIGHTBUS_FEATURES: unknown feature "event"; did you mean "events"?'])
  })

  it('says which file is missing', async () => {
    const error = await errorOf(loadConfig({ config: 'nowhere.yaml' }, {}))
    expect(error.code).to.equal('BUS_CONFIG_UNREADABLE')
    expect(error.message).to.include('nowhere.yaml cannot be read: there is no such file')
  })

  it('says that a directory is no file', async () => {
    const error = await errorOf(loadConfig({ config: await newDirectory() }, {}))
    expect(error.message).to.include('it is a directory')
  })

  it('reports all syntax errors at once, with their lines and without quoting the file', async () => {
    const problems = (await problemsOf('bus: {}\nbus: {}\napis: [1]\nplugins: {}}secret\n')).join('\n')
    expect(problems)
      .to.match(/line 2: Map keys must be unique/)
      .and.to.match(/line 4: /)
    expect(problems).not.to.include('secret')
  })

  describe('from a URL', () => {
    let server: Server
    let asked: IncomingMessage[]
    let address: string

    beforeEach(async () => {
      asked = []
      server = createServer((request: IncomingMessage, answer: ServerResponse) => {
        asked.push(request)
        answer.statusCode = request.url?.startsWith('/there') ? 200 : 404
        answer.end('service_name: remote\n')
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    })

    afterEach(() => {
      server.closeAllConnections()
      server.close()
    })

    it('fetches the configuration', async () => {
      expect((await configFrom({ config: `http://${address}/there` })).serviceName).to.equal('remote')
    })

    it('sends credentials, and keeps them and the query out of the source', async () => {
      const loaded = await loadConfig({ config: `http://me:secret@${address}/there?token=secret` }, {})
      expect(asked[0]?.headers.authorization).to.equal(`Basic ${btoa('me:secret')}`)
      expect(loaded.source).to.equal(`http://${address}/there`)
    })

    it('says what the server answered, without credentials', async () => {
      const error = await errorOf(loadConfig({ config: `http://me:secret@${address}/gone` }, {}))
      expect(error.message).to.include('the server answered 404 Not Found').and.not.include('secret')
    })

    it('says that nobody answers', async () => {
      server.close()
      await once(server, 'close')
      const error = await errorOf(loadConfig({ config: `http://${address}/there` }, {}))
      expect(error.message).to.include('ECONNREFUSED')
    })
  })
})
