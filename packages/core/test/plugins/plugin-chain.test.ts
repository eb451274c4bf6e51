import { expect } from 'chai'
import { createEventMessage, type EventMessage } from '../../src/messages/event-message.ts'
import { createCall } from '../../src/messages/rpc-message.ts'
import type { Plugin } from '../../src/plugins/plugin.ts'
import { PluginChain } from '../../src/plugins/through-plugins.ts'
import { rejection } from '../scripted-broker.ts'

const message = createEventMessage({ apiName: 'shop', eventName: 'opened', parameters: {} })

/** A plugin that notes when an event comes to it and when it comes back. */
function noting(name: string, notes: string[], order?: number): Plugin {
  return {
    name,
    ...(order === undefined ? {} : { order }),
    async fireEvent(event, next) {
      notes.push(`> ${name}`)
      await next(event)
      notes.push(`< ${name}`)
    },
  }
}

describe('the chain of plugins', () => {
  it('goes by their order, then as they were named', async () => {
    const notes: string[] = []
    const chain = new PluginChain([
      noting('last', notes, 5),
      noting('second', notes),
      noting('third', notes, 0),
      noting('first', notes, -1),
    ])
    await chain.through('fireEvent', message, undefined, async () => void notes.push('sent'))
    expect(notes.join(' ')).to.equal('> first > second > third > last sent < last < third < second < first')
    expect(chain.all.map(({ name }) => name)).to.deep.equal(['first', 'second', 'third', 'last'])
  })

  it('goes straight to the end where no plugin wraps the verb', async () => {
    const chain = new PluginChain([noting('fires', [])])
    const outcome = Promise.resolve('value')
    const call = createCall({ apiName: 'shop', procedureName: 'ask', parameters: {} })
    expect(chain.through('callRpc', call, undefined, () => outcome)).to.equal(outcome)
  })

  it('refuses two plugins with one name', () => {
    expect(() => new PluginChain([noting('twin', []), noting('twin', [], 1)]))
      .to.throw('"twin" is on this bus twice')
      .with.property('code', 'BUS_PLUGIN_DUPLICATE')
  })

  it('passes on what a hook makes of the message, and what comes of it', async () => {
    const chain = new PluginChain([
      {
        name: 'marks',
        callRpc: async (call, next) => {
          const value = await next({ ...call, headers: { ...call.headers, mark: 'x' } })
          return [value, '!']
        },
      },
    ])
    const call = createCall({ apiName: 'shop', procedureName: 'ask', parameters: {} })
    const value = await chain.through(
      'callRpc',
      call,
      undefined,
      async ({ headers }) => headers['mark'] ?? '',
    )
    expect(value).to.deep.equal(['x', '!'])
  })

  it('ends where a hook does not go on', async () => {
    const notes: string[] = []
    const chain = new PluginChain([
      { name: 'stops', fireEvent: async () => undefined },
      noting('inner', notes),
    ])
    await chain.through('fireEvent', message, undefined, async () => void notes.push('sent'))
    expect(notes).to.deep.equal([])
  })

  it('makes a rejection of whatever a hook throws, also for the hooks around it', async () => {
    const seen: unknown[] = []
    const failure = new Error('no')
    const chain = new PluginChain([
      {
        name: 'looks',
        fireEvent: (event, next) =>
          next(event).catch((error: unknown) => {
            seen.push(error)
            throw error
          }),
      },
      {
        name: 'throws',
        fireEvent: () => {
          throw failure
        },
      },
    ])
    expect(await rejection(chain.through('fireEvent', message, undefined, async () => undefined))).to.equal(
      failure,
    )
    expect(seen).to.deep.equal([failure])
  })

  it('tells a hook of what it is about, and calls it as a method', async () => {
    class Keeper implements Plugin {
      readonly name = 'keeper'
      readonly kept: string[] = []

      async handleEvent(
        event: EventMessage,
        next: (event: EventMessage) => Promise<void>,
        handling: { readonly listenerName: string },
      ): Promise<void> {
        this.kept.push(handling.listenerName)
        await next(event)
      }
    }
    const keeper = new Keeper()
    const about = { listenerName: 'l', attempt: 1 }
    await new PluginChain([keeper]).through('handleEvent', message, about, async () => undefined)
    expect(keeper.kept).to.deep.equal(['l'])
  })
})
