export { transportModule, transportModule as default } from './redis-module.ts'
