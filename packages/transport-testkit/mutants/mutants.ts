import { deliveryMutants } from './delivery-mutants.ts'
import { groupMutants } from './group-mutants.ts'
import type { Mutant } from './mutant.ts'
import { otherMutants } from './other-mutants.ts'
import { rpcMutants } from './rpc-mutants.ts'

/** Every mutant, none of which may survive the kit. */
export const mutants: readonly Mutant[] = [
  ...deliveryMutants,
  ...groupMutants,
  ...rpcMutants,
  ...otherMutants,
]
