import { isBusError, type BusError } from '@lightbus/core/transport'

/** The error of the bus that the promise rejects with; fails when it does not reject, or with another error. */
export async function busErrorOf(act: Promise<unknown>): Promise<BusError> {
  let value: unknown
  try {
    value = await act
  } catch (error) {
    if (isBusError(error)) return error
    throw error
  }
  throw new Error(`An error was expected, and there was none but ${JSON.stringify(value)}.`)
}

/** The code of the error that the promise rejects with, whoever made it; fails when it does not reject. */
export async function codeOf(act: Promise<unknown>): Promise<unknown> {
  try {
    await act
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  throw new Error('An error was expected, and there was none.')
}
