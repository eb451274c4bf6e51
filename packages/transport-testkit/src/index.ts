export { describeTransport, type DescribeOptions } from './describe-transport.ts'
export { runConformance, type Conformance, type ConformanceParts, type Row } from './conformance.ts'
export { jsonReport, markdownReport, summary } from './report.ts'
export { claimed, profiles, type ProfileName } from './profiles.ts'
export { guaranteeIds, guarantees, type GuaranteeId } from './guarantees/all-guarantees.ts'
export { tiers, type Guarantee, type Need, type Tier } from './guarantees/guarantee.ts'
export type {
  BrokerError,
  Faults,
  Harness,
  Inspection,
  OptionProofs,
  OwnClient,
  RawPlace,
  Refusal,
  Simulation,
  Undo,
  Wishes,
} from './harness.ts'
