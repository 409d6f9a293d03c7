import { honoured, ignored, LATER, refused } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { integer, integerFrom, listOf, mapping, number, oneOf, orNothing, string } from './common.ts'
import { deviceRequests } from './device-requests.ts'
import { duration } from './duration.ts'
import { labels } from './pairs.ts'
import { size } from './size.ts'

const memory: Shape = {
  ...size,
  expected: 'a size with its unit, as in 512m or 1gb',
  scalar: { ...size.scalar, types: ['string'] },
}

const moving = {
  parallelism: honoured(integerFrom(0), 'How many tasks move at once; 0 is all of them. By default 1.'),
  delay: honoured(duration, 'The pause between two batches. By default none.'),
  failure_action: honoured(
    string,
    'What a failure leads to: `rollback` (the default), `pause` or `continue`.',
  ),
  monitor: honoured(duration, 'How long a new task must stay well until it counts. By default 5s.'),
  max_failure_ratio: honoured(number, 'The share of tasks that may fail, from 0 (the default) to 1.'),
  order: honoured(
    oneOf('start-first', 'stop-first'),
    '`start-first`: the new task serves before the old one stops. By default `stop-first`.',
  ),
}

const restartPolicy = mapping('a mapping with a condition', {
  condition: honoured(string, 'When a task is started again: `any` (the default), `on-failure` or `none`.'),
  delay: honoured(duration, 'The pause before a task is started again.'),
  max_attempts: honoured(integerFrom(0), 'How often a task is started again before it is given up.'),
  window: honoured(duration, 'The time over which starts are counted.'),
})

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

const reservations = mapping('a mapping with memory', {
  cpus: ignored(
    number,
    'Cores that are kept for each task.',
    'cores are not reserved; the kernel shares them out',
  ),
  memory: honoured(memory, 'Memory that each task keeps when the host runs short of it, as in `256m`.'),
  generic_resources: refused(genericResources, 'Countable things that a host has.', LATER, ELSEWHERE),
  devices: refused(deviceRequests, 'Devices that each task needs, as in a GPU.', LATER, ELSEWHERE),
})

const resources = mapping('a mapping with limits or reservations', {
  limits: honoured(limits, 'What each task uses at most.'),
  reservations: honoured(reservations, 'What is kept for each task.'),
})

const preferences = listOf(
  mapping('a mapping with spread', { spread: honoured(string, 'The label of hosts to spread tasks over.') }),
  'a list of mappings, each with spread',
)

const placement = mapping('a mapping with constraints or preferences', {
  constraints: refused(
    listOf(string, 'a list of conditions, as in node.role == manager'),
    'Conditions that a host must meet to run a task.',
    LATER,
    'remove it while there is one host',
  ),
  preferences: ignored(preferences, 'What tasks are spread over.', 'tasks are spread over the hosts'),
  max_replicas_per_node: refused(
    integerFrom(0),
    'The most tasks on one host; 0 is no limit.',
    LATER,
    'remove it while there is one host',
    0,
  ),
})

/** Compose Deploy Specification, as Swarm reads it. */
export const deploy = orNothing(
  mapping('a mapping of the settings of a deployment', {
    mode: honoured(
      string,
      '`replicated` (the default): as many tasks as `replicas`; `global`: one on each host.',
    ),
    replicas: honoured(integer, 'How many tasks run. By default 1.'),
    labels: ignored(
      labels,
      'Labels of the service, not of its containers.',
      'they label the service in Swarm, not its containers; use labels of the service',
    ),
    resources: honoured(resources, 'Limits of memory, cores and processes.'),
    update_config: honoured(
      mapping('a mapping of the settings of an update', moving),
      'How tasks move to a new revision.',
    ),
    rollback_config: ignored(
      mapping('a mapping of the settings of a rollback', moving),
      'How tasks move back to the revision before.',
      'a rollback moves as update_config says',
    ),
    restart_policy: honoured(
      restartPolicy,
      'When a task that has ended is started again; wins over `restart`.',
    ),
    placement: honoured(placement, 'Which hosts run the tasks.'),
    endpoint_mode: ignored(
      string,
      'How the name of the service is found.',
      'a service name resolves to the addresses of its tasks',
    ),
  }),
)
