import type { DependencyContainer, InjectionToken } from 'tsyringe'
import type { Api } from '../api/define-api.ts'
import { dependencyUnresolved, procedureUnknown, serveIncomplete } from '../errors/catalogue.ts'
import { nearest } from '../util/nearest.ts'
import type { CallLimits } from '../worker/call-slots.ts'
import { checkLimit } from '../worker/check-limit.ts'
import type { MessageScope } from '../worker/handler-context.ts'
import type { ProcedureHandler } from '../worker/serve-rpc.ts'

/** What serves an API: a function for each procedure, or a class that the container builds for each call. */
export type Implementation = Readonly<Record<string, ProcedureHandler>> | (new (...args: never[]) => object)

/** What serves each API of this process, and how many calls at a time. */
export class Implementations {
  readonly #byApi = new Map<string, Implementation>()
  readonly #limits = new Map<string, CallLimits>()

  /** Throws `BUS_SERVE_INCOMPLETE` when a procedure would have nothing that executes it, and for limits that cannot be. */
  add(api: Api, implementation: Implementation, limits: CallLimits): void {
    const members = (
      typeof implementation === 'function' ? implementation.prototype : implementation
    ) as object
    const missing = Object.keys(api.procedures).filter(
      (name) => typeof (members as Record<string, unknown>)[name] !== 'function',
    )
    if (missing.length > 0) throw serveIncomplete({ api: api.name, missing })
    checkLimits(api, limits)
    this.#byApi.set(api.name, implementation)
    this.#limits.set(api.name, limits)
  }

  limits(apiName: string): CallLimits {
    return this.#limits.get(apiName) ?? {}
  }

  /** Changes what is given of the limits, and leaves the others. Throws for limits that cannot be, and changes nothing then. */
  limit(api: Api, limits: CallLimits): void {
    checkLimits(api, limits)
    const before = this.limits(api.name)
    this.#limits.set(api.name, {
      ...before,
      ...limits,
      procedures: { ...before.procedures, ...limits.procedures },
    })
  }

  /** Throws `BUS_DEPENDENCY_UNRESOLVED` when the container cannot build the class. */
  of(apiName: string, scope: MessageScope): Readonly<Record<string, ProcedureHandler>> {
    const implementation = this.#byApi.get(apiName) ?? {}
    if (typeof implementation !== 'function') return implementation
    return scope.resolve(implementation) as Readonly<Record<string, ProcedureHandler>>
  }
}

function checkLimits(api: Api, { concurrency, prefetch, procedures = {} }: CallLimits): void {
  checkLimit(`The API "${api.name}"`, 'concurrency', concurrency)
  checkLimit(`The API "${api.name}"`, 'prefetch', prefetch)
  const known = Object.keys(api.procedures)
  for (const [name, limit] of Object.entries(procedures)) {
    if (!known.includes(name))
      throw procedureUnknown({ api: api.name, procedure: name, nearest: nearest(name, known) })
    checkLimit(`The procedure "${api.name}.${name}"`, 'concurrency', limit?.concurrency)
  }
}

/** A container of its own for a message, made when something is asked of it. */
export function messageScope(parent: DependencyContainer): MessageScope {
  let container: DependencyContainer | undefined
  return {
    resolve<T>(token: InjectionToken<T> | (new (...args: never[]) => T)): T {
      container ??= parent.createChildContainer()
      try {
        return container.resolve<T>(token as InjectionToken<T>)
      } catch (error) {
        const what =
          typeof token === 'function' ? token.name : typeof token === 'object' ? 'a token' : String(token)
        throw dependencyUnresolved({ what, why: (error as Error).message }, error)
      }
    },
    dispose: () => container && Promise.resolve(container.dispose()),
  }
}
