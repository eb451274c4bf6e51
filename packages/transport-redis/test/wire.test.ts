import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { decodeEvent, encodeEvent, isNoOp } from '../src/event-fields.ts'
import { decodeCall, decodeResult, encodeCall, encodeResult } from '../src/message-blobs.ts'
import { decodeSchema, encodeSchema } from '../src/schema-texts.ts'

const path = new URL('../../../test-integration/recordings/python-lightbus-trace.json', import.meta.url)
const recording = JSON.parse(readFileSync(path, 'utf8')) as { command: string[] }[]
const commands = (name: string) => recording.map(({ command }) => command).filter(([verb]) => verb === name)

describe('the wire of Python Lightbus', () => {
  it('carries every recorded event there and back', () => {
    const entries = commands('XADD').map((command) => command.slice(command.indexOf('*') + 1))
    const events = entries.filter((fields) => !isNoOp(fields))
    expect(events).to.have.length.above(2)
    for (const fields of events) {
      const event = decodeEvent(fields, 'x')
      expect(decodeEvent(encodeEvent(event), 'x')).to.deep.equal(event)
      expect(encodeEvent(event).filter((_, i) => i % 2 === 0)).to.deep.equal(
        fields.filter((_, i) => i % 2 === 0),
      )
    }
  })

  it('carries every recorded call there and back', () => {
    const blobs = commands('RPUSH').map(([, , blob = '']) => blob)
    expect(blobs).to.have.length(6)
    for (const blob of blobs) {
      const { message } = decodeCall(blob)
      if (!message) throw new Error(blob)
      expect(JSON.parse(encodeCall(message))).to.deep.equal(JSON.parse(blob))
    }
  })

  it('carries every recorded result there and back', () => {
    const blobs = commands('LPUSH').map(([, , blob = '']) => blob)
    expect(blobs).to.have.length(6)
    for (const blob of blobs) {
      const { message } = decodeResult(blob)
      if (!message) throw new Error(blob)
      expect(JSON.parse(encodeResult(message))).to.deep.equal(JSON.parse(blob))
    }
  })

  it('carries every recorded schema there and back', () => {
    const schemas = commands('SET').filter(([, key = '']) => key.startsWith('schema:'))
    expect(schemas).to.have.length.above(2)
    for (const [, key = '', text = ''] of schemas) {
      const schema = decodeSchema(key.slice('schema:'.length), text)
      expect(JSON.parse(encodeSchema(schema, false))).to.deep.equal(JSON.parse(text))
    }
  })

  it('says why a blob is no result', () => {
    const { error: undecodable } = decodeResult('{"metadata": {}}')
    expect(undecodable?.code).to.equal('BUS_RESULT_UNDECODABLE')
    expect(undecodable?.message).to.contain('rpc_message_id')
  })
})
