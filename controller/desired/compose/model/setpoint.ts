import { honoured } from '../marks.ts'
import { mapping, oneOf } from './common.ts'
import { duration } from './duration.ts'
import { networkHealthcheck } from './network-healthcheck.ts'
import { keyValues } from './pairs.ts'

/** `x-setpoint` at the root of a file: Setpoint's own settings of a stack. */
export const setpoint = mapping('a mapping with drift, variables or unset', {
  drift: honoured(oneOf('heal', 'report'), 'What is done about drift: `heal` (the default) puts it right.'),
  variables: honoured(keyValues, 'Variables for this file; they win over those of `.env`.'),
  unset: honoured(
    oneOf('error', 'blank'),
    'What a variable without a value and a default is: an `error`, or `blank` as in Compose.',
  ),
})

const update = mapping('a mapping with a deadline', {
  deadline: honoured(duration, 'How long a batch of an update may take until it serves, as in `10m`.'),
})

/** `x-setpoint` of a service. */
export const serviceSetpoint = mapping('a mapping with update or healthcheck', {
  update: honoured(update, 'What `deploy.update_config` has no key for.'),
  healthcheck: honoured(
    networkHealthcheck,
    'A question over the network in place of the test of `healthcheck`; times that it leaves out are those of `healthcheck`.',
  ),
})
