import { defineError } from './define-error.ts'

const didYouMean = (nearest: string | undefined): string => (nearest ? ` Did you mean "${nearest}"?` : '')
const listed = (lines: readonly string[]): string => lines.map((line) => `\n  - ${line}`).join('')

// Definitions and values

export const durationInvalid = defineError(
  'BUS_DURATION_INVALID',
  (f: { given: string }) =>
    `"${f.given}" is no length of time. Write a number of seconds, or a number with a unit: 500ms, 5s, 2m, 1h, 7d.`,
)
export const byteSizeInvalid = defineError(
  'BUS_BYTE_SIZE_INVALID',
  (f: { given: string }) =>
    `"${f.given}" is no size. Write a number of bytes, or a number with a unit: 512b, 100kb, 1mb, 2gb.`,
)
export const concurrencyInvalid = defineError(
  'BUS_CONCURRENCY_INVALID',
  (f: { of: string; what: string; given: string }) =>
    `${f.of} cannot have the ${f.what} ${f.given}. Give a whole number from 1, or none for the default.`,
)
export const valueUnserializable = defineError(
  'BUS_VALUE_UNSERIALIZABLE',
  (f: { path: string; what: string }) =>
    `The value at "${f.path || '/'}" cannot travel on the bus: it is ${f.what}. Send plain data: text, finite numbers, booleans, null, arrays and objects.`,
)
export const apiNameInvalid = defineError(
  'BUS_API_NAME_INVALID',
  (f: { name: string; why: string }) =>
    `"${f.name}" cannot be the name of an API, event or procedure: ${f.why}. Use letters, digits and _, in an API's name also dots.`,
)
export const apiDuplicate = defineError(
  'BUS_API_DUPLICATE',
  (f: { api: string }) => `The API "${f.api}" is defined twice on this bus. Give each API a name of its own.`,
)
export const apiUnknown = defineError(
  'BUS_API_UNKNOWN',
  (f: { api: string; nearest?: string | undefined }) =>
    `There is no API "${f.api}": it is neither among the apis of this bus nor published by a service.${didYouMean(f.nearest)} Add its definition to createBus({ apis }), or start the service that owns it.`,
)
export const apiNotAuthoritative = defineError(
  'BUS_API_NOT_AUTHORITATIVE',
  (f: { api: string; event: string }) =>
    `The event "${f.api}.${f.event}" cannot be fired here: only a process that serves the API "${f.api}" may fire its events. Call bus.serve(...) for it in this service, or leave the firing to its owner.`,
)
export const schemaUnsupported = defineError(
  'BUS_SCHEMA_UNSUPPORTED',
  (f: { path: string; vendor: string; why: string }) =>
    `The schema of "${f.path}" (${f.vendor}) cannot be published as JSON Schema: ${f.why}. Use a schema that has a JSON Schema, or write the JSON Schema itself.`,
)
export const schemaMissing = defineError(
  'BUS_SCHEMA_MISSING',
  (f: { api: string }) =>
    `Messages of the API "${f.api}" cannot be checked, since no schema of it is known, and strict_validation is on. Start the service that owns it, add its definition to createBus({ apis }), or turn strict_validation off.`,
)

export const schemaConflict = defineError(
  'BUS_SCHEMA_CONFLICT',
  (f: { api: string }) =>
    `The API "${f.api}" is published with another schema by a process that still runs. Stop the other version first, or set bus.schema.on_conflict to warn or newest.`,
)

// Events

export const eventUnknown = defineError(
  'BUS_EVENT_UNKNOWN',
  (f: { api: string; event: string; nearest?: string | undefined }) =>
    `The API "${f.api}" has no event "${f.event}".${didYouMean(f.nearest)} See the API's definition for its events.`,
)
export const eventInvalid = defineError(
  'BUS_EVENT_INVALID',
  (f: { event: string; direction: 'outgoing' | 'incoming'; problems: readonly string[] }) =>
    `The ${f.direction} event "${f.event}" does not fit its schema:${listed(f.problems)}\nCorrect the parameters, or the definition if they are right.`,
)
export const eventUndecodable = defineError(
  'BUS_EVENT_UNDECODABLE',
  (f: { nativeId: string; why: string }) =>
    `The entry ${f.nativeId} cannot be read as an event: ${f.why}. Find out who wrote it; events have the fields id, api_name, event_name and version.`,
)
export const deadLetterUnknown = defineError(
  'BUS_DEAD_LETTER_UNKNOWN',
  (f: { listener: string; id: string }) =>
    `The listener "${f.listener}" has no dead letter ${f.id}. See "lightbus dead-letters list ${f.listener}".`,
)
export const deadLettersUnchosen = defineError(
  'BUS_DEAD_LETTERS_UNCHOSEN',
  (f: { act: 'redrive' | 'discard' }) =>
    `It is not said which dead letters to ${f.act}. Name their ids, give --code or --event, or --all for all of them.`,
)
export const listenerUnknown = defineError(
  'BUS_LISTENER_UNKNOWN',
  (f: { listener: string; nearest?: string | undefined }) =>
    `This bus has no listener "${f.listener}".${didYouMean(f.nearest)} Name one that the bus module listens with.`,
)
export const payloadLost = defineError(
  'BUS_PAYLOAD_LOST',
  (f: { event: string; id: string }) =>
    `The parameters of the event "${f.event}" ${f.id} are kept no more: its claim check has expired, or its store has lost them. Give bus.claim_check.ttl more time than events may wait.`,
)
export const taskDuplicate = defineError(
  'BUS_TASK_DUPLICATE',
  (f: { task: string }) =>
    `There are two tasks "${f.task}" on this bus, one of which is to run once per service: its processes could not tell them apart. Give each a name: { name: '...' }.`,
)
export const listenerDuplicate = defineError(
  'BUS_LISTENER_DUPLICATE',
  (f: { listener: string }) =>
    `There are two listeners "${f.listener}" on this bus, which would take each other's events. Give one of them another listenerName, or let one listener hear all: bus.listen([...]).`,
)

// Calls

export const procedureUnknown = defineError(
  'BUS_RPC_UNKNOWN_PROCEDURE',
  (f: { api: string; procedure: string; nearest?: string | undefined }) =>
    `The API "${f.api}" has no procedure "${f.procedure}".${didYouMean(f.nearest)} See the API's definition for its procedures.`,
)
export const parametersInvalid = defineError(
  'BUS_RPC_INVALID_PARAMETERS',
  (f: { procedure: string; problems: readonly string[] }) =>
    `The parameters of the call "${f.procedure}" do not fit its schema:${listed(f.problems)}\nCorrect the call, or the definition if it is right.`,
)
export const resultInvalid = defineError(
  'BUS_RPC_INVALID_RESULT',
  (f: { procedure: string; problems: readonly string[] }) =>
    `The result of "${f.procedure}" does not fit its schema:${listed(f.problems)}\nCorrect what the procedure returns, or the definition if it is right.`,
)
export const callTimeout = defineError(
  'BUS_RPC_TIMEOUT',
  (f: { procedure: string; timeoutMs: number; servers: string }) =>
    `The call "${f.procedure}" had no result within ${f.timeoutMs} ms. ${
      f.servers === 'some'
        ? 'A worker serves the API: it may be busy, or the call may take longer; give it a longer timeout.'
        : 'No worker was seen that serves the API: it may be down; start it with "lightbus run".'
    } The call may or may not have been executed.`,
  { retriable: true },
)
export const notServed = defineError(
  'BUS_RPC_NOT_SERVED',
  (f: { api: string; procedure: string }) =>
    `No running worker serves the API "${f.api}", so the call "${f.api}.${f.procedure}" was taken back. Start the service that owns it with "lightbus run", and call again.`,
  { retriable: true },
)
export const callAborted = defineError(
  'BUS_RPC_ABORTED',
  (f: { procedure: string }) =>
    `The call "${f.procedure}" was aborted by its caller's signal. It may or may not have been executed.`,
)
export const remoteFailure = defineError(
  'BUS_RPC_REMOTE_FAILURE',
  (f: {
    procedure: string
    message: string
    type?: string | undefined
    code?: string | undefined
    data?: unknown
    trace?: string | undefined
  }) =>
    `The procedure "${f.procedure}" failed in its service: ${f.message}. See the error's facts for its code, data and remote trace.`,
)
export const callUndecodable = defineError(
  'BUS_RPC_UNDECODABLE',
  (f: { why: string }) =>
    `A message cannot be read as a call: ${f.why}. Calls have metadata (id, api_name, procedure_name, return_path) and kwargs.`,
)
export const resultUndecodable = defineError(
  'BUS_RESULT_UNDECODABLE',
  (f: { why: string }) =>
    `A message cannot be read as a result: ${f.why}. Results have metadata (id, rpc_message_id, error) and kwargs.`,
)
export const resultPathForeign = defineError(
  'BUS_RESULT_PATH_FOREIGN',
  (f: { transport: string }) =>
    `The ${f.transport} transport cannot send a result to where the caller waits: the return path is of another kind. Give the API the same result_transport in every service.`,
)
export const resultPathLost = defineError(
  'BUS_RESULT_PATH_LOST',
  (f: { transport: string }) =>
    `The ${f.transport} transport has lost the place where this process waits for results. The call may or may not have been executed; call again if it does no harm twice.`,
)
export const callBusy = defineError(
  'BUS_RPC_BUSY',
  (f: { procedure: string; why: string }) =>
    `The call "${f.procedure}" was not executed: ${f.why}. Call again a little later.`,
  { retriable: true },
)
export const serveIncomplete = defineError(
  'BUS_SERVE_INCOMPLETE',
  (f: { api: string; missing: readonly string[] }) =>
    `The API "${f.api}" cannot be served: nothing implements ${f.missing.map((name) => `"${name}"`).join(', ')}. Pass a function for each procedure, or a class with a method of that name.`,
)

// Configuration and transports

export const configUnreadable = defineError(
  'BUS_CONFIG_UNREADABLE',
  (f: { source: string; why: string }) =>
    `The configuration ${f.source} cannot be read: ${f.why}. Check the path or URL (option config, LIGHTBUS_CONFIG or --config).`,
)
export const configInvalid = defineError(
  'BUS_CONFIG_INVALID',
  (f: { source: string; problems: readonly string[] }) =>
    `The configuration ${f.source} has ${f.problems.length === 1 ? 'a mistake' : `${f.problems.length} mistakes`}:${listed(f.problems)}\nCorrect them all and start again.`,
)
export const transportNotInstalled = defineError(
  'BUS_TRANSPORT_NOT_INSTALLED',
  (f: { transport: string; module: string }) =>
    `The transport "${f.transport}" is not installed. Run: npm install ${f.module}`,
)
export const transportModuleInvalid = defineError(
  'BUS_TRANSPORT_MODULE_INVALID',
  (f: { module: string; why: string }) =>
    `"${f.module}" is no usable transport module: ${f.why}. It has to export a TransportModule as "transportModule" or by default.`,
)
export const transportKindAbsent = defineError(
  'BUS_TRANSPORT_KIND_ABSENT',
  (f: { transport: string; kind: string }) =>
    `The transport "${f.transport}" cannot carry ${f.kind} messages. Choose another ${f.kind}_transport in the configuration.`,
)
export const transportFeatureAbsent = defineError(
  'BUS_TRANSPORT_FEATURE_ABSENT',
  (f: { transport: string; feature: string; wanted: string }) =>
    `${f.wanted} needs a transport with the feature "${f.feature}", which "${f.transport}" does not have. Choose another transport for the API, or do without.`,
)
export const transportClosed = defineError(
  'BUS_TRANSPORT_CLOSED',
  (f: { transport: string }) =>
    `The ${f.transport} transport is closed. Start the bus before you use it, and stop using it before you stop it.`,
)
export const transportUnavailable = defineError(
  'BUS_TRANSPORT_UNAVAILABLE',
  (f: { transport: string; address: string; why: string }) =>
    `The ${f.transport} transport cannot reach ${f.address}: ${f.why}. See that the broker runs and can be reached; then try again.`,
  { retriable: true },
)

export const transportRefused = defineError(
  'BUS_TRANSPORT_REFUSED',
  (f: { transport: string; address: string; why: string }) =>
    `${f.address} refused the ${f.transport} transport: ${f.why}. Check the transport's options, the user's permissions and what the broker can do.`,
)
export const messageTooLarge = defineError(
  'BUS_MESSAGE_TOO_LARGE',
  (f: { message: string; bytes: number; maxBytes: number }) =>
    `The message "${f.message}" has ${f.bytes} bytes, more than the ${f.maxBytes} that its transport carries. Send less, or a reference to where the data is; let bus.claim_check keep the parameters of large events; or raise the transport's limit.`,
)

export const pluginNotInstalled = defineError(
  'BUS_PLUGIN_NOT_INSTALLED',
  (f: { plugin: string; nearest?: string | undefined }) =>
    `The plugin "${f.plugin}" is not installed.${didYouMean(f.nearest)} Run: npm install ${f.plugin}`,
)
export const pluginModuleInvalid = defineError(
  'BUS_PLUGIN_MODULE_INVALID',
  (f: { module: string; why: string }) =>
    `"${f.module}" is no usable plugin module: ${f.why}. It has to export a PluginModule as "pluginModule" or by default.`,
)
export const pluginDuplicate = defineError(
  'BUS_PLUGIN_DUPLICATE',
  (f: { plugin: string }) =>
    `The plugin "${f.plugin}" is on this bus twice. Name it in the configuration or in createBus({ plugins }), not in both.`,
)

// The bus and its command line

export const busAlreadyConfigured = defineError(
  'BUS_ALREADY_CONFIGURED',
  (f: { options: readonly string[] }) =>
    `The bus is in use already, so ${f.options.join(', ')} cannot be changed any more. Do not fire, call or start a bus while its module is imported.`,
)
export const busStateWrong = defineError(
  'BUS_STATE_WRONG',
  (f: { act: string; state: string; cure: string }) =>
    `${f.act} is not possible while the bus is ${f.state}. ${f.cure}`,
)
export const dependencyUnresolved = defineError(
  'BUS_DEPENDENCY_UNRESOLVED',
  (f: { what: string; why: string }) =>
    `The container cannot make ${f.what}: ${f.why}. Register what it depends on, and mark its class with @injectable().`,
)
export const busModuleUnusable = defineError(
  'BUS_CLI_MODULE_UNUSABLE',
  (f: { module: string; why: string; cure: string }) =>
    `The bus module ${f.module} cannot be used: ${f.why}. ${f.cure}`,
)
export const optionInvalid = defineError(
  'BUS_CLI_OPTION_INVALID',
  (f: { option: string; given: string; allowed: readonly string[] }) =>
    `${f.option} cannot be "${f.given}". Use: ${f.allowed.join(', ')}.`,
)
