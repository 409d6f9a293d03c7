import { type Cidr, overlaps, parseCidr } from '../../schemas/cidr.ts'
import type { Observed } from '../../schemas/fleet.ts'
import { networkKey } from '../../schemas/network.ts'
import { type HostPort, isOpen, parsePort, samePort } from '../../schemas/port.ts'
import { sameService } from '../../schemas/slot.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import type { TaskStatus } from '../../schemas/task.ts'

/** What a task holds of its host and will give up: others can have it only then. */
export interface Leaving {
  stack: string
  service: string
  taskId: string
  host: string
  /** In words, `port 80/tcp` or `subnet 10.0.0.0/24`. */
  what: string
  claim: Claim
}

type Claim = { port: HostPort } | { network: string; subnet: Cidr }

/** What is wanted of a stack: null when it is to go, undefined for one that this controller does not know. */
export type WantedOf = (stack: string) => StackSpec | null | undefined

/** What is to be given up on a host, by tasks of all stacks. */
export type LeavingOn = (host: string) => Leaving[]

/**
 * The ports and subnets that tasks hold of stacks and services that are gone, and of an older content where the newer
 * one is without them. A host's agent gives them to a task before it starts and until it is removed, whether it serves
 * or not.
 */
export function findLeaving(observed: Observed, wantedOf: WantedOf): LeavingOn {
  const known = new Map<string, Leaving[]>()
  return (host) => {
    const found =
      known.get(host) ?? (observed.get(host)?.tasks ?? []).flatMap((task) => leaving(task, wantedOf))
    known.set(host, found)
    return found
  }
}

/** What others, also of other stacks, have yet to give up where a service of the spec is to run. */
export function heldFrom(
  spec: StackSpec,
  service: ServiceSpec,
  { hosts, leavingOn }: { hosts: Iterable<string>; leavingOn: LeavingOn },
): Leaving[] {
  const ports = service.container.ports.filter((port) => !isOpen(port)) // of a range its host picks one that is free
  const subnets = subnetsOf(spec, service)
  if (ports.length === 0 && subnets.length === 0) return []
  const own = { stack: spec.name, service: service.name }
  const isInTheWay = ({ claim, ...holder }: Leaving) =>
    'port' in claim
      ? !sameService(holder, own) && ports.some((port) => samePort(port, claim.port))
      : subnets.some(({ network, subnet }) => network !== claim.network && overlaps(subnet, claim.subnet))
  return [...new Set(hosts)].flatMap((host) => leavingOn(host).filter(isInTheWay))
}

function leaving(task: TaskStatus, wantedOf: WantedOf): Leaving[] {
  const { id: taskId, stack, service, host, fingerprint } = task
  const claims = claimsOf(task)
  const wanted = claims.length === 0 ? undefined : wantedOf(stack)
  if (wanted === undefined) return []
  const next = wanted?.services.find(({ name }) => name === service)
  if (next?.fingerprint === fingerprint) return []
  return claims
    .filter(({ claim }) => !(wanted && next && mayKeep(wanted, next, claim)))
    .map((claim) => ({ stack, service, taskId, host, ...claim }))
}

function claimsOf({ ports = [], subnets = {} }: TaskStatus): Pick<Leaving, 'what' | 'claim'>[] {
  return [
    ...ports.flatMap((text) => {
      const port = parsePort(text)
      return port ? [{ what: `port ${port.published}/${port.protocol}`, claim: { port } }] : []
    }),
    ...Object.entries(subnets).flatMap(([network, texts]) =>
      texts.flatMap((text) => {
        const subnet = parseCidr(text)
        return subnet ? [{ what: `subnet ${text}`, claim: { network, subnet } }] : []
      }),
    ),
  ]
}

/** True when a task of the service may have it also in what it is to become. */
function mayKeep(spec: StackSpec, { container }: ServiceSpec, claim: Claim): boolean {
  if (!('port' in claim))
    return networksOf(spec, container).some((one) => one.external || networkKey(one) === claim.network)
  const { port: held } = claim
  return container.ports.some(({ published, publishedEnd = published, ...port }) => {
    const isAmong = published === 0 || (held.published >= published && held.published <= publishedEnd)
    return isAmong && samePort({ ...port, published: held.published }, held)
  })
}

/** The subnets that the stack file gives to the bridges of a service. */
function subnetsOf(spec: StackSpec, { container }: ServiceSpec): { network: string; subnet: Cidr }[] {
  const own = networksOf(spec, container).filter(({ external, driver }) => !external && driver === undefined)
  return own.flatMap((network) =>
    [network.subnet, network.subnet6].flatMap((text) => {
      const subnet = text === undefined ? undefined : parseCidr(text)
      return subnet ? [{ network: networkKey(network), subnet }] : []
    }),
  )
}

function networksOf({ networks }: StackSpec, { networks: joined }: ServiceSpec['container']) {
  return networks.filter(({ name }) => joined.some(({ network }) => network === name))
}
