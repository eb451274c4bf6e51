import { defineApi, procedure, type Api, type Bus, type HandlerContext } from '@lightbus/core'
import {
  createCall,
  createResult,
  isBusError,
  type PendingResult,
  type RpcDelivery,
  type RpcMessage,
  type Servers,
} from '@lightbus/core/transport'
import type { Process } from '../process.ts'
import type { Stage } from '../stage.ts'
import { all, next, serve } from './pulling.ts'
import { address } from './samples.ts'

/** For calls that are not about time: whoever waits in vain is ended by the deadline of the case. */
export const patient = { timeout: '1d' } as const
const patientMs = 86_400_000

/** Procedures that take and give anything. */
export const things = defineApi('shop.things', {
  procedures: {
    make: procedure({ id: {} }, {}),
    keep: procedure({ id: {} }, {}),
    break: procedure({ id: {} }, {}),
    list: procedure({}, {}),
  },
})

/** A call that was sent, and its result to be received. */
export interface Sent {
  readonly call: RpcMessage
  readonly pending: PendingResult
  readonly servers: Servers
}

export interface CallRequest extends Partial<Pick<RpcMessage, 'apiName' | 'parameters' | 'headers'>> {
  /** A day unless given. */
  readonly timeoutMs?: number
}

/** Gets ready for the result of a call of the usual API, and sends it. */
export async function send(
  process: Process,
  procedureName: string,
  { apiName = address.apiName, parameters = {}, headers, timeoutMs = patientMs }: CallRequest = {},
): Promise<Sent> {
  const [results, rpcs] = [await process.result(), await process.rpc()]
  const unaddressed = createCall({ apiName, procedureName, parameters, headers })
  const pending = await results.expect(unaddressed)
  const call = { ...unaddressed, returnPath: pending.returnPath }
  return { call, pending, servers: await rpcs.send(call, { timeoutMs }) }
}

/** The name of the procedure that is called next. */
export async function nextName(calls: AsyncIterator<RpcDelivery>): Promise<string | undefined> {
  return (await next(calls)).call?.procedureName
}

/** Serves until the case is over: answers each call with its own id, as soon as it comes. Gives the calls it has executed. */
export async function answerAll(
  stage: Stage,
  process: Process,
  changes: { readonly apiNames?: readonly string[]; readonly prefetch?: number } = {},
): Promise<readonly RpcMessage[]> {
  const executed: RpcMessage[] = []
  const results = await process.result()
  const { calls } = await serve(stage, await process.rpc(), changes)
  const answering = async (): Promise<void> => {
    for (let item = await calls.next(); !item.done; item = await calls.next()) {
      const { call, done } = item.value
      if (call) executed.push(call)
      if (call) await results.send(createResult(call.id, { type: 'value', value: call.id }), call.returnPath)
      done()
    }
  }
  stage.during(answering())
  return executed
}

/** Ends an iteration of calls that was told to stop: what it had claimed. */
export function rest(calls: AsyncIterator<RpcDelivery>): Promise<readonly RpcDelivery[]> {
  return all({ [Symbol.asyncIterator]: () => calls })
}

/** Functions by the name of the procedure. */
type Handlers<A extends Api> = {
  readonly [P in keyof A['procedures']]?: (
    parameters: { readonly id?: unknown },
    context: HandlerContext,
  ) => unknown
}

type ServingRequest = NonNullable<Parameters<Stage['bus']>[1]> & {
  /** How many calls are executed at a time. */
  readonly limits?: Parameters<Bus['serve']>[2]
  /** The APIs that it calls. */
  readonly uses?: readonly Api[]
}

/** A bus that serves an API, and has started. Procedures that are not given answer with their parameter `id`. */
export async function serving<A extends Api>(
  stage: Stage,
  api: A,
  handlers: Handlers<A> = {},
  { limits, uses = [], ...request }: ServingRequest = {},
): Promise<Bus> {
  const apis: readonly Api[] = [api, ...uses.filter(({ name }) => name !== api.name)]
  // Procedures are called by name.
  const bus = stage.bus(apis, request) as unknown as Bus
  const names = Object.keys(api.procedures)
  const echo = ({ id }: { readonly id?: unknown }): unknown => id
  bus.serve<Api>(
    api,
    { ...Object.fromEntries(names.map((name) => [name, echo])), ...handlers } as never,
    limits,
  )
  await bus.start()
  return bus
}

/** The value of a call, or the code of the error of the bus that it rejects with. */
export async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call
  } catch (error) {
    if (isBusError(error)) return error.code
    throw error
  }
}

/** Lets whatever is ready run, so many times. */
export async function turns(stage: Stage, count: number): Promise<void> {
  let left = count
  await stage.until(() => left-- <= 0)
}

/** Something that others wait for. */
export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

export function gate(): Gate {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
