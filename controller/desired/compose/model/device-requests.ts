import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification deploy §devices. */
export const deviceRequests: Shape = {
  expected: 'a list of devices, each a mapping with capabilities',
  list: { items: anyScalar },
}

/** Compose Specification §gpus. */
export const gpus: Shape = {
  expected: 'all or a list of GPUs',
  scalar: { types: ['string'] },
  list: { items: anyScalar },
}
