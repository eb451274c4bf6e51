import type { ApiSchema, JsonSchema } from './api-schema.ts'
import { compareValues, type ValueDifference } from './value-differences.ts'

/** Whom a change of a schema may concern. */
export type Audience = 'callers' | 'listeners' | 'owners'

/** A difference between two versions of an API's schema. */
export interface SchemaChange {
  /** Where: `events.placed.parameters.total`, `rpcs.add.response`. */
  readonly path: string
  /** Whether they may be surprised. */
  readonly kind: 'breaking' | 'compatible'
  /** Whom it concerns: those who call procedures, those who listen for events, or those who own the API. */
  readonly for: Audience
  /** A sentence: what has changed, and what that means for them. */
  readonly why: string
}

/**
 * What has changed from one version to the next, for the callers and listeners who still know the one before (C9). Where the owner takes values
 * (parameters of a procedure) it breaks somebody to take less; where it gives them (events, results) it breaks somebody to give other than was
 * promised, though not to give more parameters. A rule that cannot be weighed counts as breaking when it changes.
 */
export function classifySchemaChange(before: ApiSchema, after: ApiSchema): readonly SchemaChange[] {
  return differencesOf(before, after).map((difference) => told(difference, 'users'))
}

/**
 * The same, for owners: for the processes that still serve the version before, while those who call them and hear from them know the next one already.
 */
export function classifyForOwners(before: ApiSchema, after: ApiSchema): readonly SchemaChange[] {
  return differencesOf(before, after).map((difference) => told(difference, 'owners'))
}

/** Whose values they are: the owner takes calls, and gives results and events. */
type Subject = 'calls' | 'results' | 'events'

interface Difference extends ValueDifference {
  readonly of: Subject
}

function differencesOf(before: ApiSchema, after: ApiSchema): readonly Difference[] {
  const found: Difference[] = []
  for (const { path, one, other } of membersOf('events', before.events, after.events))
    if (!one || !other) found.push(whole(path, 'events', other !== undefined))
    else found.push(...values('events', `${path}.parameters`, one.parameters, other.parameters))
  for (const { path, one, other } of membersOf('rpcs', before.rpcs, after.rpcs))
    if (!one || !other) found.push(whole(path, 'calls', other !== undefined))
    else
      found.push(
        ...values('calls', `${path}.parameters`, one.parameters, other.parameters),
        ...values('results', `${path}.response`, one.response, other.response),
      )
  return found
}

type Members<T> = Readonly<Record<string, T>>

function membersOf<T>(kind: string, before: Members<T>, after: Members<T>) {
  const own = (members: Members<T>, name: string): T | undefined =>
    Object.hasOwn(members, name) ? members[name] : undefined
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].map((name) => ({
    path: `${kind}.${name}`,
    one: own(before, name),
    other: own(after, name),
  }))
}

function values(of: Subject, path: string, before: JsonSchema, after: JsonSchema): readonly Difference[] {
  return compareValues(path, before, after).map((difference) => ({ ...difference, of }))
}

// To have a procedure is to take calls of it; an event that is there may be given, and need not be.
function whole(path: string, of: 'calls' | 'events', isAdded: boolean): Difference {
  const what = isAdded ? 'it was added' : 'it was removed'
  const ways = { grew: isAdded, shrank: !isAdded }
  return { path, of, what, ...(of === 'calls' ? ways : { grew: !isAdded, shrank: false }) }
}

function told(difference: Difference, audience: 'users' | 'owners'): SchemaChange {
  const { path, of, what } = difference
  const kind = isBreaking(difference, audience) ? 'breaking' : 'compatible'
  const users = of === 'events' ? 'listeners' : 'callers'
  const why = `${what}: ${meaning[of][audience][kind]}`
  return { path, kind, for: audience === 'users' ? users : 'owners', why }
}

// Those who are ahead of the owner are to it what the owner is to those who are behind.
function isBreaking({ of, grew, shrank, ofUnknown }: Difference, audience: 'users' | 'owners'): boolean {
  const isTaken = of === 'calls'
  const way = isTaken === (audience === 'users') ? 'shrank' : 'grew'
  return (way === 'grew' ? grew : shrank) || (isTaken && ofUnknown === way)
}

type Meaning = Readonly<Record<SchemaChange['kind'], string>>

const meaning: Readonly<Record<Subject, { readonly users: Meaning; readonly owners: Meaning }>> = {
  calls: {
    users: {
      breaking: 'calls that were right before may be refused',
      compatible: 'calls that were right before are still right',
    },
    owners: {
      breaking: 'owners of the version before may refuse calls that are right now',
      compatible: 'owners of the version before take the calls that are right now',
    },
  },
  results: {
    users: {
      breaking: 'callers may get a result that was not promised to them',
      compatible: 'callers get what was promised to them',
    },
    owners: {
      breaking: 'owners of the version before may return what is not right any more',
      compatible: 'what owners of the version before return is still right',
    },
  },
  events: {
    users: {
      breaking: 'listeners may miss or get what was not promised to them',
      compatible: 'listeners get what was promised to them',
    },
    owners: {
      breaking: 'owners of the version before may fire what is not right any more',
      compatible: 'what owners of the version before fire is still right',
    },
  },
}
