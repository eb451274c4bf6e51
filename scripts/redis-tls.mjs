// A server that is reached through TLS only, with an authority and a certificate made on the spot.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findBinary } from './redis-binaries.mjs'
import { asArguments, plainSettings, startNode } from './redis-node.mjs'

const execute = promisify(execFile)
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/**
 * A server behind TLS, for 127.0.0.1 and localhost. `caFile` is the authority that a client has to trust; `certFile` and
 * `keyFile` are what a client shows where the server asks for it, which it does with `mutual`.
 *
 * @param {{ server?: string, mutual?: boolean }} [options]
 */
export async function startTls({ server = 'distribution', mutual = false } = {}) {
  const binary = await findBinary(server)
  const folder = await mkdtemp(join(tmpdir(), 'lightbus-tls-'))
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  try {
    const files = await makeCertificates(folder)
    const node = await startNode(binary, (place) => [
      ...plainSettings({ ...place, port: 0 }),
      ...asArguments({
        'tls-port': place.port,
        'tls-ca-cert-file': files.caFile,
        'tls-cert-file': files.certFile,
        'tls-key-file': files.keyFile,
        'tls-auth-clients': mutual ? 'yes' : 'no',
      }),
    ])
    const stop = async () => {
      await node.stop()
      await removeFolder()
    }
    const url = `rediss://127.0.0.1:${node.port}/0`
    const { kind, version, how } = binary
    return { url, kind, version, how: `${how}, behind TLS`, ...files, stop }
  } catch (error) {
    await removeFolder()
    throw error
  }
}

async function makeCertificates(folder) {
  const file = (name) => join(folder, name)
  const [caFile, caKey, certFile, keyFile] = ['ca.crt', 'ca.key', 'server.crt', 'server.key'].map(file)
  await writeFile(file('names'), 'subjectAltName = IP:127.0.0.1, DNS:localhost\n')
  const authority = ['-subj', '/CN=Authority of the tests', '-keyout', caKey, '-out', caFile]
  await openssl('req', '-x509', ...newKey, '-days', '2', ...authority)
  await openssl('req', ...newKey, '-subj', '/CN=localhost', '-keyout', keyFile, '-out', file('request'))
  const signing = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-extfile', file('names')]
  await openssl('x509', '-req', '-in', file('request'), ...signing, '-days', '2', '-out', certFile)
  return { caFile, certFile, keyFile }
}

function openssl(...args) {
  return execute('openssl', args, { timeout: 20_000 }).catch((error) => {
    throw new Error(`The certificates need openssl: ${error.stderr || error.message}`, { cause: error })
  })
}
