import { defineError } from './define-error.ts'

// The command line's documents

export const docsEmpty = defineError(
  'BUS_DOCS_EMPTY',
  (f: { modules: readonly string[]; fromBus: boolean }) =>
    `There is nothing to document: ${f.modules.length > 0 ? `${f.modules.join(', ')} knows no API` : 'no module is named'}${f.fromBus ? ', and none is alive on the bus' : ''}. Give createBus({ apis }) its APIs${f.fromBus ? ', or start the services that own them' : ', or use --from-bus'}.`,
)
export const docsUnwritable = defineError(
  'BUS_DOCS_UNWRITABLE',
  (f: { path: string; why: string }) =>
    `${f.path} cannot be written: ${f.why}. Choose another folder with --out.`,
)
