import type { Subject } from './subject.ts'

/** One variant of each name: that one where there is one. */
export function oneOfEach(
  subjects: readonly Subject[],
  variant: Subject['variant'] = 'safety',
): readonly Subject[] {
  const others = ({ name }: Subject) => subjects.filter((one) => one.name === name)
  return subjects.filter((subject) => {
    const same = others(subject)
    return subject === (same.find((one) => one.variant === variant) ?? same[0])
  })
}
