import type { Plugin } from '@lightbus/core'
import { context, isSpanContextValid, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api'

const tracer = trace.getTracer('benchmarks')

/** Spans around the four verbs, as a service would have them that is traced. Without an SDK they lead nowhere. */
export const tracingPlugin: Plugin = {
  name: 'tracing',
  fireEvent: (message, next) =>
    inSpan(`fire ${message.apiName}.${message.eventName}`, SpanKind.PRODUCER, message.id, () =>
      next(message),
    ),
  handleEvent: (message, next) =>
    inSpan(`handle ${message.apiName}.${message.eventName}`, SpanKind.CONSUMER, message.id, () =>
      next(message),
    ),
  callRpc: (call, next) =>
    inSpan(`call ${call.apiName}.${call.procedureName}`, SpanKind.CLIENT, call.id, () => next(call)),
  serveRpc: (call, next) =>
    inSpan(`serve ${call.apiName}.${call.procedureName}`, SpanKind.SERVER, call.id, () => next(call)),
}

function inSpan<T>(name: string, kind: SpanKind, id: string, act: () => Promise<T>): Promise<T> {
  const span = tracer.startSpan(name, { kind })
  // Without an SDK it leads nowhere, and nothing is to know of it.
  return isSpanContextValid(span.spanContext()) ? within(span, id, act) : act()
}

async function within<T>(span: Span, id: string, act: () => Promise<T>): Promise<T> {
  span.setAttributes({ 'messaging.system': 'lightbus', 'messaging.message.id': id })
  try {
    return await context.with(trace.setSpan(context.active(), span), act)
  } catch (error) {
    span.recordException(error as Error)
    span.setStatus({ code: SpanStatusCode.ERROR })
    throw error
  } finally {
    span.end()
  }
}
