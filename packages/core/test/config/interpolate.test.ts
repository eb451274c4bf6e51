import { expect } from 'chai'
import { configFrom, errorOf, fileWith, problemsOf } from './config-setup.ts'

const withUrl = (url: string): string => `bus: { schema: { transport: { redis: { url: "${url}" } } } }\n`

async function urlFrom(url: string, environment = {}): Promise<unknown> {
  const config = await configFrom({ config: await fileWith(withUrl(url)) }, environment)
  return config.schema.transport.options['url']
}

describe('interpolate', () => {
  it('replaces variables in a text', async () => {
    expect(await urlFrom('redis://${HOST}:${PORT}', { HOST: 'one', PORT: '1' })).to.equal('redis://one:1')
  })

  it('takes the default of a variable that is not set, or empty', async () => {
    expect(await urlFrom('${URL:-redis://two}')).to.equal('redis://two')
    expect(await urlFrom('${URL:-redis://two}', { URL: '' })).to.equal('redis://two')
    expect(await urlFrom('${URL:-redis://two}', { URL: 'redis://one' })).to.equal('redis://one')
  })

  it('reads a file, without its last line break', async () => {
    const secret = await fileWith('redis://:pass@one\n', 'secret')
    expect(await urlFrom(`\${file:${secret}}`)).to.equal('redis://:pass@one')
  })

  it('leaves a doubled $ alone', async () => {
    expect(await urlFrom('$${HOST}')).to.equal('${HOST}')
  })

  it('does not look for references in what it put in', async () => {
    expect(await urlFrom('${ONE}', { ONE: '${TWO}', TWO: 'two' })).to.equal('${TWO}')
  })

  it('gives a number or a truth value where one is wanted, and text where text is', async () => {
    const api =
      'rpc_timeout: "${N}", validate: "${B}", event_transport: { redis: { batch_size: "${N}", url: "${N}" } }'
    const config = await configFrom(
      { config: await fileWith(`apis: { default: { ${api} } }`) },
      { N: '7', B: 'false' },
    )
    expect(config.defaultApi).to.deep.include({
      rpcTimeoutMs: 7_000,
      validate: { outgoing: false, incoming: false },
    })
    expect(config.defaultApi.eventTransport.options).to.include({ batch_size: 7, url: '7' })
  })

  it('reports a variable that is missing, with path and line, beside the other mistakes', async () => {
    const problems = await problemsOf('service_name: ${NAME}\nprocess_nam: x\n')
    expect(problems).to.deep.equal([
      'service_name (line 1): the environment variable NAME is not set, and no default is given',
      'process_nam (line 2): unknown key; did you mean "process_name"?',
    ])
  })

  it('reports a file that cannot be read', async () => {
    const problems = await problemsOf(withUrl('${file:/nowhere/secret}'))
    expect(problems[0]).to.include('(line 1): the file /nowhere/secret cannot be read (ENOENT)')
  })

  it('reports a reference it does not understand', async () => {
    const [problem] = await problemsOf(withUrl('${not-a-name}'))
    expect(problem).to.include('holds a reference that is not ${VAR}, ${VAR:-default} or ${file:/path}')
  })

  it('keeps secrets out of messages', async () => {
    const text = `bus: { log_level: "\${SECRET}", shutdown_timeout: "\${SECRET}" }
apis: { default: { event_transport: { redis: { batch_size: "\${SECRET}", stream_use: hush } } } }
`
    const error = await errorOf(configFrom({ config: await fileWith(text) }, { SECRET: 'hush' }))
    expect(error.facts).to.have.property('problems').with.length(4)
    expect(error.message + JSON.stringify(error.facts)).not.to.include('hush')
  })
})
