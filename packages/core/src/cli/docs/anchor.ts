/** A name that may stand in a link and in a key of a document: characters that no API of ours has are written as their code points. */
export function anchor(name: string): string {
  return name.replace(/[^\w.]/gu, (character) => `-${(character.codePointAt(0) ?? 0).toString(16)}-`)
}
