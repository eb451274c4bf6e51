import type { Subject } from './subject.ts'

/** Python takes more time than others, and part of it happens in a process that is not ours. */
export function isPython({ name }: Pick<Subject, 'name'>): boolean {
  return name.startsWith('Python')
}
