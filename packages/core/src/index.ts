export { isBusError } from './errors/define-error.ts'
