import { honoured, ignored } from '../marks.ts'
import { integer, integerFrom, mapping, number, oneOf, orNothing, string } from './common.ts'
import { duration } from './duration.ts'
import { labels } from './pairs.ts'
import { placement } from './placement.ts'
import { resources } from './resources.ts'

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

/** Compose Deploy Specification, as Swarm reads it. */
export const deploy = orNothing(
  mapping('a mapping of the settings of a deployment', {
    mode: honoured(
      string,
      '`replicated` (the default): as many tasks as `replicas`; `global`: one on each host.',
    ),
    replicas: honoured(integer, 'How many tasks run. By default 1.'),
    labels: ignored(labels, 'Labels of the service, not of its containers.', {
      reason: 'they label the service in Swarm, not its containers; use labels of the service',
    }),
    resources: honoured(resources, 'Limits of memory, cores and processes.'),
    update_config: honoured(
      mapping('a mapping of the settings of an update', moving),
      'How tasks move to a new revision.',
    ),
    rollback_config: ignored(
      mapping('a mapping of the settings of a rollback', moving),
      'How tasks move back to the revision before.',
      { reason: 'a rollback moves as update_config says' },
    ),
    restart_policy: honoured(
      restartPolicy,
      'When a task that has ended is started again; wins over `restart`.',
    ),
    placement: honoured(placement, 'Which hosts run the tasks.'),
    endpoint_mode: honoured(
      string,
      'What the name of the service leads to: `dnsrr`, the default, to its tasks; `vip` to one virtual IP for all of them.',
    ),
  }),
)
