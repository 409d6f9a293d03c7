import type { Task } from '../../../schemas/task.ts'
import type { Attachment } from '../networks.ts'

/** What a task's own network says of names. */
export interface Surroundings extends Pick<Attachment, 'addresses' | 'addresses6'> {
  /** The addresses at which the task reaches the host. */
  gateways: string[]
  /** Undefined where no name server of the agent can be reached. */
  nameserver: string | undefined
  isInNetwork: boolean
}

/**
 * `/etc/hosts` of a task: itself, by its hostname as the runtime sets it, and what the stack file adds. All other names
 * come from the name server, since they change.
 */
export function taskHosts(task: Task, { addresses, addresses6 = {}, gateways }: Surroundings): string {
  const { hostname, domainname } = task.container
  const name = hostname ?? `${task.service}-${task.slot}`.slice(0, 63)
  const names = domainname === undefined ? name : `${name}.${domainname} ${name}`
  return [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    ...[...Object.values(addresses), ...Object.values(addresses6)].map((address) => `${address}\t${names}`),
    ...extraLines(task, gateways),
    '',
  ].join('\n')
}

/** The host's own file, with what the stack file adds. */
export function hostHosts(task: Task, text: string): string {
  const lines = extraLines(task, ['127.0.0.1'])
  return lines.length === 0 ? text : `${text.trimEnd()}\n${lines.join('\n')}\n`
}

/** `/etc/resolv.conf` of a task. No search domain of itself: names answer as they are written in the stack file. */
export function taskResolvConf({ container: { dns = {} } }: Task, nameserver: string | undefined): string {
  if (nameserver === undefined) return ''
  const { search, options = [] } = dns
  const hasNdots = options.some((option) => option.startsWith('ndots:'))
  return [
    `nameserver ${nameserver}`,
    ...searchLine(search),
    `options ${[...(hasNdots ? [] : ['ndots:0']), ...options].join(' ')}`,
    '',
  ].join('\n')
}

/** The host's own file; what the stack file says takes the place of what stands there. */
export function hostResolvConf({ container: { dns } }: Task, text: string): string {
  if (!dns) return text
  const { servers, search, options } = dns
  const replaced = [
    ...(servers ? ['nameserver'] : []),
    ...(search ? ['search', 'domain'] : []),
    ...(options ? ['options'] : []),
  ]
  const kept = text.split('\n').filter((line) => !replaced.includes(line.split(/\s/)[0] ?? ''))
  const optionLine = options ? [`options ${options.join(' ')}`] : []
  const nameservers = (servers ?? []).map((address) => `nameserver ${address}`)
  return `${[...kept.filter(Boolean), ...nameservers, ...searchLine(search), ...optionLine].join('\n')}\n`
}

/** Without the resolvers that only the host itself reaches. */
export function reachable(resolvConf: string): string {
  return resolvConf
    .split('\n')
    .filter((line) => !/^nameserver\s+(127\.|::1)/.test(line))
    .join('\n')
}

/** `.` stands for the root: no domain is put behind a name. */
function searchLine(search: string[] | undefined): string[] {
  return search === undefined ? [] : [`search ${search.join(' ')}`]
}

function extraLines({ container: { extraHosts = [] } }: Task, gateways: string[]): string[] {
  return extraHosts.flatMap(({ name, address }) =>
    (address === 'host-gateway' ? gateways : [address]).map((one) => `${one}\t${name}`),
  )
}
