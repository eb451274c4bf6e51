import { expect } from 'chai'
import { schemaTransport, testContext } from '../redis-fixture.ts'
import { runKitAt } from './run-kit.ts'
import { startTls, type TlsServer } from './servers.ts'

describe('the Redis transport behind TLS', function () {
  this.timeout(60_000)
  let server: TlsServer
  before(async () => (server = await startTls()))
  after(() => server?.stop())

  it('keeps its guarantees when it trusts the authority', async () => {
    const { code, output } = await runKitAt({ url: server.url }, { NODE_EXTRA_CA_CERTS: server.caFile })
    expect(code, output).to.equal(0)
  })

  it('does not open when it does not', async () => {
    const transport = schemaTransport(testContext(), { url: server.url })
    const error = await transport.open().then(
      () => undefined,
      (failure: unknown) => failure as Error,
    )
    expect(error?.message).to.match(/certificate/i)
    await transport.close()
  })
})
