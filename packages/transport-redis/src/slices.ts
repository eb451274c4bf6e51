/** How many entries a script is given at most, so that nobody waits long for it. */
export const atOnce = 100

/** The items in their order, so many at a time. */
export function slicesOf<T>(items: readonly T[], size = atOnce): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
