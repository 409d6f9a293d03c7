import { honoured, LATER, refused } from '../../marks.ts'
import type { Key } from '../../shape.ts'
import { modelUses } from '../attachments.ts'
import { boolean, integer, string } from '../common.ts'
import { dependsOn } from '../depends-on.ts'
import { deploy } from '../deploy.ts'
import { duration } from '../duration.ts'
import { healthcheck } from '../healthcheck.ts'
import { hooks, startHooks } from '../hook.ts'
import { logging } from '../logging.ts'
import { restart } from '../restart.ts'
import { serviceSetpoint } from '../setpoint.ts'

/** How tasks of a service start, prove well, are replaced and end. */
export const life: Record<string, Key> = {
  deploy: honoured(deploy, 'How many tasks run, with which limits, and how they move to a new revision.'),
  scale: honoured(integer, 'How many tasks run; the older way to say `deploy.replicas`.'),
  depends_on: honoured(
    dependsOn,
    'Services that must have started, be healthy or have ended well before this one starts.',
  ),
  healthcheck: honoured(healthcheck, 'The probe that tells whether a task is well.'),
  restart: honoured(
    restart,
    'When a task that has ended is started again: `always`, `unless-stopped`, `on-failure` or `no`.',
  ),
  stop_signal: honoured(string, 'The signal that ends a task; by default that of the image, else SIGTERM.'),
  stop_grace_period: honoured(duration, 'The time between that signal and SIGKILL. By default 10s.'),
  init: honoured(
    boolean,
    'A small init process runs in front of the program: it reaps orphans and passes signals on.',
  ),
  pre_start: refused(startHooks, 'Commands that run before the container starts.', {
    reason: LATER,
    instead: 'do it in the entrypoint',
  }),
  post_start: refused(hooks, 'Commands that run once the container has started.', {
    reason: LATER,
    instead: 'do it in the entrypoint',
  }),
  pre_stop: refused(hooks, 'Commands that run before the container is stopped.', {
    reason: LATER,
    instead: 'do it on the stop signal',
  }),
  logging: honoured(logging, 'Where the log goes, and how much of it is kept.'),
  stdin_open: honoured(boolean, 'Standard input stays open.'),
  tty: honoured(boolean, 'The program has a terminal.'),
  models: refused(modelUses, 'Models that the service uses.', {
    reason: LATER,
    instead: 'give the address of the model in environment',
  }),
  'x-setpoint': honoured(serviceSetpoint, "Setpoint's own settings of the service."),
}
