import type { Redis } from 'ioredis'

const writers = new WeakMap<object, () => void>()

/**
 * Commands that are sent in one turn of the event loop go to the server in one write, which costs more than a command. The client's own way to
 * that, pipelines, makes objects that outlive the collections of young garbage, so that these take ten times as long.
 */
export function oneWriteATurn(client: Redis): Redis {
  const send = client.sendCommand.bind(client)
  let held: Redis['stream'] | undefined
  const write = (): void => {
    held?.uncork()
    held = undefined
  }
  client.sendCommand = (command, stream) => {
    if (!held && !stream && client.status === 'ready') {
      held = client.stream
      held.cork()
      process.nextTick(write)
    }
    return send(command, stream)
  }
  writers.set(client, write)
  return client
}

/** Writes what was sent so far in this turn, so that the other side can begin. */
export function writeNow(client: Redis): void {
  writers.get(client)?.()
}
