import { expect } from 'chai'
import { bytesOf } from '../src/util/byte-size.ts'

describe('a size', () => {
  it('is a number of bytes, or a number with a unit', () => {
    expect(['512b', '100kb', '1mb', '1.5MB', '2gb', 7].map(bytesOf)).to.deep.equal([
      512, 102_400, 1_048_576, 1_572_864, 2_147_483_648, 7,
    ])
  })

  it('is refused when it is none', () => {
    for (const given of ['1 mb', 'mb', '', '1kib', -1, Infinity])
      expect(() => bytesOf(given))
        .to.throw(/is no size/)
        .with.property('code', 'BUS_BYTE_SIZE_INVALID')
  })
})
