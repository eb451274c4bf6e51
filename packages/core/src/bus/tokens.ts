import type { InjectionToken } from 'tsyringe'
import type { ApiRegistry } from '../api/api-registry.ts'
import type { CallRpcParts } from '../client/call-rpc.ts'
import type { FireEventParts } from '../client/fire-event.ts'
import type { PluginChain } from '../plugins/through-plugins.ts'
import type { DeadLetterDesk } from '../client/dead-letter-desk.ts'
import type { Config } from '../config/config.ts'
import type { Log } from '../contracts/log.ts'
import type { TransportModule } from '../contracts/transport-module.ts'
import type { MessageValidator } from '../schema/message-validator.ts'
import type { SchemaKeeper } from '../schema/schema-keeper.ts'
import type { SchemaRegistry } from '../schema/schema-registry.ts'
import type { TransportSet } from '../transports/transport-set.ts'
import type { ClaimCheck } from '../transports/claim-check.ts'
import type { Clock } from '../util/clock.ts'
import type { Worker } from '../worker/worker.ts'
import type { Implementations } from './implementations.ts'
import type { PluginEvents } from './plugin-events.ts'

/** The parts of a bus by name: a test may register another one of each, through `createBus({ override })`. */
export const tokens = {
  apis: Symbol('lightbus.apis') as InjectionToken<ApiRegistry>,
  callRpc: Symbol('lightbus.call-rpc') as InjectionToken<CallRpcParts>,
  claimCheck: Symbol('lightbus.claim-check') as InjectionToken<ClaimCheck>,
  clock: Symbol('lightbus.clock') as InjectionToken<Clock>,
  config: Symbol('lightbus.config') as InjectionToken<Config>,
  deadLetters: Symbol('lightbus.dead-letters') as InjectionToken<DeadLetterDesk>,
  fireEvent: Symbol('lightbus.fire-event') as InjectionToken<FireEventParts>,
  implementations: Symbol('lightbus.implementations') as InjectionToken<Implementations>,
  log: Symbol('lightbus.log') as InjectionToken<Log>,
  modules: Symbol('lightbus.modules') as InjectionToken<ReadonlyMap<string, TransportModule>>,
  pluginEvents: Symbol('lightbus.plugin-events') as InjectionToken<PluginEvents>,
  plugins: Symbol('lightbus.plugins') as InjectionToken<PluginChain>,
  schemaKeeper: Symbol('lightbus.schema-keeper') as InjectionToken<SchemaKeeper>,
  schemas: Symbol('lightbus.schemas') as InjectionToken<SchemaRegistry>,
  transports: Symbol('lightbus.transports') as InjectionToken<TransportSet>,
  validator: Symbol('lightbus.validator') as InjectionToken<MessageValidator>,
  worker: Symbol('lightbus.worker') as InjectionToken<Worker>,
} as const
