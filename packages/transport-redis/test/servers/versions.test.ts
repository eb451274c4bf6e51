import { expect } from 'chai'
import { runKitOnServer } from './run-kit.ts'

describe('the Redis transport on other servers', function () {
  // The first time they are fetched.
  this.timeout(120_000)

  for (const { name, is } of [
    // The oldest one with streams, or where it cannot be had a newer one without what came later.
    { name: '5', is: /^Redis: Redis (5\.|.* later commands$)/m },
    { name: 'newest', is: /^Redis: (Redis|Valkey) ([89]|\d\d)\./m },
  ]) {
    it(`keeps its guarantees on ${name === 'newest' ? 'the newest one' : `Redis ${name}`}`, async () => {
      const { code, output } = await runKitOnServer(name, '--tier', 'smoke', '--jobs', '4')
      expect(output).to.match(is)
      expect(code, output).to.equal(0)
      expect(output).to.match(/\d+ declared, [1-9]\d* passed, \d+ declared absent, 0 failed/)
    })
  }

  for (const { name, is } of [
    { name: 'cluster', is: /^Redis: .*, as a Cluster of three masters with a replica each$/m },
    { name: 'sentinel', is: /^Redis: .*, as a primary with two replicas and three sentinels$/m },
  ]) {
    it(`gets over the troubles of a ${name}`, async () => {
      const { code, output } = await runKitOnServer(name, '--only', 'E61,E62,E66')
      expect(output).to.match(is)
      expect(code, output).to.equal(0)
      expect(output).to.match(/136 declared, 3 passed, 1 declared absent, 0 failed/)
    })
  }
})
