import type { GuaranteeId } from '../guarantees/all-guarantees.ts'
import { brokerFaultsCases } from './broker-faults.ts'
import { callDeadlinesCases } from './call-deadlines.ts'
import { callFailuresCases } from './call-failures.ts'
import { callFaultsCases } from './call-faults.ts'
import { callsCases } from './calls.ts'
import type { Case } from './case.ts'
import { crashChurnCases } from './crash-churn.ts'
import { crashesCases } from './crashes.ts'
import { deliveryCases } from './delivery.ts'
import { flowCases } from './flow.ts'
import { healthCases } from './health.ts'
import { keepingCases } from './keeping.ts'
import { leasesCases } from './leases.ts'
import { lifecycleCases } from './lifecycle.ts'
import { namespacesCases } from './namespaces.ts'
import { observingCases } from './observing.ts'
import { optionsCases } from './options.ts'
import { orderCases } from './order.ts'
import { resultKeepingCases } from './result-keeping.ts'
import { resultsCases } from './results.ts'
import { schemaBusesCases } from './schema-buses.ts'
import { schemasCases } from './schemas.ts'
import { secretsCases } from './secrets.ts'
import { servingCases } from './serving.ts'
import { settlingCases } from './settling.ts'
import { sizesCases } from './sizes.ts'
import { stoppingCases } from './stopping.ts'
import { storesCases } from './stores.ts'
import { usesAfterCloseCases } from './uses-after-close.ts'
import { validationCases } from './validation.ts'

/** The case of every guarantee; what has none does not compile. */
export const allCases: Readonly<Record<GuaranteeId, Case>> = {
  ...lifecycleCases,
  ...schemaBusesCases,
  ...validationCases,
  ...usesAfterCloseCases,
  ...stoppingCases,
  ...secretsCases,
  ...optionsCases,
  ...namespacesCases,
  ...healthCases,
  ...deliveryCases,
  ...settlingCases,
  ...leasesCases,
  ...crashesCases,
  ...crashChurnCases,
  ...orderCases,
  ...brokerFaultsCases,
  ...keepingCases,
  ...sizesCases,
  ...flowCases,
  ...observingCases,
  ...storesCases,
  ...callsCases,
  ...servingCases,
  ...callFailuresCases,
  ...callDeadlinesCases,
  ...callFaultsCases,
  ...resultsCases,
  ...resultKeepingCases,
  ...schemasCases,
}
