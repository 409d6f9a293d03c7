import type { Task } from '../../schemas/task.ts'
import type { Attachment } from './networks.ts'

/**
 * `/etc/hosts` of a task: itself, by its hostname as the runtime sets it. All other names come from the name server,
 * since they change.
 */
export function taskHosts(
  task: Task,
  { addresses, addresses6 = {} }: Pick<Attachment, 'addresses' | 'addresses6'>,
): string {
  const name = task.container.hostname ?? `${task.service}-${task.slot}`.slice(0, 63)
  return [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    ...[...Object.values(addresses), ...Object.values(addresses6)].map((address) => `${address}\t${name}`),
    '',
  ].join('\n')
}

/** `/etc/resolv.conf` of a task. No search domain: names answer as they are written in the stack file. */
export function taskResolvConf(nameserver: string | undefined): string {
  return nameserver === undefined ? '' : `nameserver ${nameserver}\noptions ndots:0\n`
}
