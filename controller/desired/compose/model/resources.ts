import { honoured, LATER, refused } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { integer, listOf, mapping, number, string } from './common.ts'
import { deviceRequests } from './device-requests.ts'
import { size } from './size.ts'

const memory: Shape = {
  ...size,
  expected: 'a size with its unit, as in 512m or 1gb',
  scalar: { ...size.scalar, types: ['string'] },
}

const limits = mapping('a mapping with cpus, memory or pids', {
  cpus: honoured(number, 'The most cores that each task uses, as in `"0.5"`.'),
  memory: honoured(memory, 'The most memory that each task uses, as in `512m`; beyond it the task is ended.'),
  pids: honoured(integer, 'The most processes and threads of each task.'),
})

const genericResources = listOf(
  mapping('a mapping with discrete_resource_spec', {
    discrete_resource_spec: honoured(
      mapping('a mapping with kind and value', {
        kind: honoured(string, 'What is counted, as in `SSD`.'),
        value: honoured(integer, 'How many are needed.'),
      }),
      'What is needed, and how many of it.',
    ),
  }),
  'a list of mappings, each with discrete_resource_spec',
)

const ELSEWHERE = 'remove it, or run this service outside Setpoint'

const reservations = mapping('a mapping with cpus, memory or devices', {
  cpus: honoured(
    number,
    'Cores that each task gets when they are short: its weight is so many times 1024, unless `cpu_shares` is set.',
  ),
  memory: honoured(memory, 'Memory that each task keeps when the host runs short of it, as in `256m`.'),
  generic_resources: refused(genericResources, 'Countable things that a host has.', {
    reason: LATER,
    instead: ELSEWHERE,
  }),
  devices: honoured(deviceRequests, 'Devices that each task needs, as in a GPU; found by CDI.'),
})

/** Compose Deploy Specification §resources. */
export const resources = mapping('a mapping with limits or reservations', {
  limits: honoured(limits, 'What each task uses at most.'),
  reservations: honoured(reservations, 'What is kept for each task.'),
})
