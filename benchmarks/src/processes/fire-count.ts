import { payloadOf, type Firer, type Payload } from '../subject.ts'

const bulk = 500
const inFlight = 200

/** Fires so many events, as fast as the library can. */
export async function fireCount(firer: Firer, count: number, bytes: number): Promise<void> {
  const payload = payloadOf(bytes)
  if (firer.fireMany) {
    for (let left = count; left > 0; left -= bulk)
      await firer.fireMany(Array.from({ length: Math.min(left, bulk) }, () => payload))
    return
  }
  await actCount((sent) => firer.fire(sent), payload, count)
}

/** Does an act so many times, many at a time. */
export async function actCount(
  act: (payload: Payload) => Promise<unknown>,
  payload: Payload,
  count: number,
): Promise<void> {
  let left = count
  const oneAfterTheOther = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await act(payload)
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, inFlight) }, oneAfterTheOther))
}
