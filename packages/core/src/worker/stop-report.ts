import type { Log } from '../contracts/log.ts'
import type { InFlightCounts } from './in-flight.ts'

/** What became of what a worker had in hand when it was told to stop. */
export interface StopReport {
  /** Came to its end in time, and was acknowledged or answered. */
  readonly finished: InHand
  /** Still ran, and was aborted: the events go to other processes; the callers of the calls are left to their timeouts, unless the procedure heeded its signal. */
  readonly handedBack: InHand
}

/** Events by the name of their listener, where there were any, and calls. */
export interface InHand {
  readonly events: Readonly<Record<string, number>>
  readonly calls: number
}

/** The report of a worker that had nothing in hand. */
export const nothingInHand: StopReport = {
  finished: { events: {}, calls: 0 },
  handedBack: { events: {}, calls: 0 },
}

export function stopReport(
  listeners: ReadonlyMap<string, InFlightCounts>,
  calls: InFlightCounts,
): StopReport {
  const events = (of: keyof InFlightCounts): InHand['events'] =>
    Object.fromEntries(
      [...listeners].map(([name, counts]) => [name, counts[of]] as const).filter(([, n]) => n > 0),
    )
  return {
    finished: { events: events('finished'), calls: calls.finished },
    handedBack: { events: events('running'), calls: calls.running },
  }
}

/** Says it in one line, for people and as facts. */
export function logStop(log: Log, report: StopReport): void {
  const { finished, handedBack } = report
  log.info(report, `Stopped. Finished ${inWords(finished)}; handed back ${inWords(handedBack)}`)
}

function inWords({ events, calls }: InHand): string {
  const parts = [
    ...Object.entries(events).map(([name, count]) => `${counted(count, 'event')} of "${name}"`),
    ...(calls > 0 ? [counted(calls, 'call')] : []),
  ]
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
