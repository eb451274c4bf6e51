import { ApiRegistry } from '../api/api-registry.ts'
import type { Api, ParametersOut, ProcedureDefinition, Procedures } from '../api/define-api.ts'
import type { InputOf } from '../api/standard-schema.ts'
import { resultInvalid } from '../errors/catalogue.ts'
import { isBusError } from '../errors/define-error.ts'
import { testCallUnexpected } from '../errors/test-errors.ts'
import { toPlain } from '../messages/plain-values.ts'
import { createCall, procedurePath } from '../messages/rpc-message.ts'
import type { Plugin } from '../plugins/plugin.ts'
import { MessageValidator } from '../schema/message-validator.ts'
import { SchemaRegistry } from '../schema/schema-registry.ts'
import type { HandlerContext } from '../worker/handler-context.ts'

/** What a procedure of another service answers. What is said last counts. */
export interface Stub<P extends ProcedureDefinition> {
  /** Answers every call with this value. Throws `BUS_RPC_INVALID_RESULT` when it does not fit the schema. */
  returns(value: InputOf<P['result']>): void
  /** Fails every call with this error, which its caller gets as `BUS_RPC_REMOTE_FAILURE`. */
  throws(error: unknown): void
  /** Answers every call with what the function returns or throws. */
  handles(
    handler: (
      parameters: ParametersOut<P['parameters']>,
      context: HandlerContext,
    ) => InputOf<P['result']> | Promise<InputOf<P['result']>>,
  ): void
}

type Answers = Procedures<Api, HandlerContext>
type Answer = Answers[string]

/** What the procedures of other services answer in a test. */
export class Stubs {
  readonly #handlers = new Map<string, Answer>()
  readonly #validator: MessageValidator
  /** Mistakes of the test itself, which must not go unnoticed where the code under test deals with failing calls. */
  readonly #mistakes: unknown[] = []

  constructor(apis: readonly Api[]) {
    const strict = { validate: { outgoing: true, incoming: true }, strictValidation: true, castValues: true }
    this.#validator = new MessageValidator(new SchemaRegistry(new ApiRegistry(apis)), () => strict)
  }

  /** The stub of a procedure. */
  of(apiName: string, procedureName: string): Stub<ProcedureDefinition> {
    const address = { apiName, procedureName, parameters: {} }
    const set = (handler: Answer): void => void this.#handlers.set(procedurePath(address), handler)
    return {
      returns: (value) => {
        this.#validator.result(createCall(address), value === undefined ? null : toPlain(value), 'outgoing')
        set(() => value)
      },
      throws: (error) =>
        set(() => {
          throw error
        }),
      handles: (handler) => set(handler),
    }
  }

  /** What serves an API: each call is answered by its stub, or fails. */
  implementation({ name: apiName, procedures }: Api): Answers {
    const names = Object.keys(procedures)
    return Object.fromEntries(
      names.map((procedureName) => [procedureName, this.#handler(procedurePath({ apiName, procedureName }))]),
    )
  }

  /** Notices results that do not fit their schemas. */
  plugin(): Plugin {
    return {
      name: 'test-bus-stubs',
      serveRpc: async (call, next) => {
        try {
          return await next(call)
        } catch (error) {
          if (isBusError(error, resultInvalid.code)) this.#mistakes.push(error)
          throw error
        }
      },
    }
  }

  /** The first mistake since it was asked for last. */
  takeMistake(): unknown {
    return this.#mistakes.splice(0)[0]
  }

  #handler(procedure: string): Answer {
    return (parameters, context) => {
      const handler = this.#handlers.get(procedure)
      if (handler) return handler(parameters, context)
      const mistake = testCallUnexpected({ procedure })
      this.#mistakes.push(mistake)
      throw mistake
    }
  }
}
