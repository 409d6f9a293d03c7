import type { PublishedPort } from '../../../schemas/stack.ts'
import { type Cursor, fail, suggestion, within } from '../cursor.ts'
import { isNull } from '../yaml/node.ts'
import type { StackDraft } from './normalise.ts'
import { describePort, MAX_PORTS, type PortsAt, spread } from './ports.ts'
import type { ServiceDraft } from './service.ts'

/** Checks that need more than one field: references, cycles, conflicts. All problems at once, into the cursors. */
export function validate(stack: StackDraft): void {
  const byName = new Map(stack.services.map((service) => [service.name, service]))
  const networks = new Set(['default', ...stack.networks.map(({ key }) => key)])
  const volumes = new Set(stack.volumes.map(({ key }) => key))
  for (const service of stack.services) {
    checkImage(service)
    checkReplicas(service)
    checkLimits(service)
    checkDependencies(service, byName)
    checkNetworks(service, networks)
    checkMounts(service, volumes)
  }
  checkCycles(stack)
  checkTasks(stack)
  checkPorts(stack)
}

const IMAGE_KEYS = ['image', 'build', 'extends', 'provider']

function checkImage(service: ServiceDraft): void {
  const { node } = service.at
  if (isNull(node)) fail(service.at, 'has no image')
  // What stands in place of an image is not honoured yet, and has had its problem.
  else if (node.kind === 'map' && !IMAGE_KEYS.some((key) => node.entries.has(key))) {
    fail(service.at, 'has no image')
  }
}

function checkReplicas(service: ServiceDraft): void {
  const { scale, deploy, at } = service
  const replicas = deploy?.replicas ?? scale
  if (scale !== undefined && deploy?.replicas !== undefined && scale !== deploy.replicas) {
    fail(within(at, 'scale'), `is ${scale}, but deploy.replicas is ${deploy.replicas}; keep one`)
  }
  if (deploy?.mode === 'global' && replicas !== undefined) {
    const place = deploy.replicas === undefined ? within(at, 'scale') : within(at, 'deploy', 'replicas')
    fail(place, 'a global service has one task on each host; remove the number, or the mode')
  }
  if (service.container_name !== undefined && (replicas ?? 1) > 1) {
    fail(within(at, 'container_name'), `is one name, but there are ${replicas} replicas; remove it`)
  }
}

function checkLimits({ at, deploy, ...service }: ServiceDraft): void {
  const { resources } = deploy ?? {}
  const twice: [string, number | undefined, number | undefined, string][] = [
    ['cpus', service.cpus, resources?.cpus, 'limits.cpus'],
    ['mem_limit', service.mem_limit, resources?.memory, 'limits.memory'],
    ['mem_reservation', service.mem_reservation, resources?.memoryReservation, 'reservations.memory'],
    ['pids_limit', service.pids_limit, resources?.pids, 'limits.pids'],
  ]
  for (const [key, own, swarm, path] of twice) {
    if (own !== undefined && swarm !== undefined && own !== swarm) {
      fail(within(at, key), `is ${own}, but deploy.resources.${path} is ${swarm}; keep one`)
    }
  }
  const memory = resources?.memory ?? service.mem_limit
  const reservation = resources?.memoryReservation ?? service.mem_reservation
  if (memory && reservation && reservation > memory) {
    fail(at, `reserves ${reservation} bytes of memory but is limited to ${memory}`)
  }
}

function checkDependencies(service: ServiceDraft, byName: Map<string, ServiceDraft>): void {
  for (const dependency of [...(service.depends_on ?? []), ...(service.links ?? [])]) {
    const target = byName.get(dependency.service)
    if (!target) {
      if (dependency.required)
        failUndefined(dependency.at, { what: 'service', name: dependency.service, names: byName.keys() })
    } else if (dependency.condition === 'healthy' && target.healthcheck === null) {
      fail(dependency.at, `waits for ${target.name} to be healthy, but its healthcheck is disabled`)
    } else if (dependency.condition === 'completed' && target.restart?.condition === 'any') {
      fail(
        dependency.at,
        `waits for ${target.name} to complete, but that restarts always; give it restart: "no"`,
      )
    }
  }
}

function checkNetworks(service: ServiceDraft, keys: Set<string>): void {
  for (const { key, at } of service.networks ?? []) {
    if (!keys.has(key)) failUndefined(at, { what: 'network', name: key, names: keys })
  }
}

function checkMounts(service: ServiceDraft, keys: Set<string>): void {
  for (const { mount, at } of service.volumes ?? []) {
    if (mount.type === 'volume' && !keys.has(mount.source)) {
      failUndefined(at, { what: 'volume', name: mount.source, names: keys })
    }
  }
  const byTarget = new Map((service.tmpfs ?? []).map((one) => [one.mount.target, one]))
  for (const { mount, at } of service.volumes ?? []) {
    const other = byTarget.get(mount.target)
    if (other) fail(at, `${mount.target} is already mounted by ${other.at.path}`)
  }
}

interface Undefined {
  what: string
  name: string
  /** Those that are declared. */
  names: Iterable<string>
}

function failUndefined(at: Cursor, { what, name, names }: Undefined): void {
  const near = suggestion(at, name, names)
  fail(at, `names the ${what} ${name}, which is not declared${near ? `; did you mean ${near}?` : ''}`)
}

const MAX_CYCLES = 10

/** One error for each cycle of depends_on, at the edge that closes it. */
function checkCycles({ services }: StackDraft): void {
  const edges = new Map(
    services.map((service) => [service.name, [...(service.depends_on ?? []), ...(service.links ?? [])]]),
  )
  const state = new Map<string, 'open' | 'done'>()
  let cycles = 0
  for (const { name } of services) if (!state.has(name)) walk(name)

  // Iterative: a chain of thousands of services must not end the stack.
  function walk(start: string): void {
    const path: { name: string; next: number }[] = [{ name: start, next: 0 }]
    state.set(start, 'open')
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const edge = edges.get(top.name)?.[top.next++]
      if (!edge) {
        state.set(top.name, 'done')
        path.pop()
      } else if (state.get(edge.service) === 'open') {
        if (++cycles > MAX_CYCLES) continue
        const names = path.map(({ name }) => name)
        const cycle = [...names.slice(names.indexOf(edge.service)), edge.service]
        fail(edge.at, `the dependencies go round in a circle: ${cycle.join(' -> ')}`)
      } else if (!state.has(edge.service) && edges.has(edge.service)) {
        state.set(edge.service, 'open')
        path.push({ name: edge.service, next: 0 })
      }
    }
  }
}

/** The most tasks that one stack has; a global service counts as one. */
const MAX_TASKS = 5000

function checkTasks({ services, at }: StackDraft): void {
  const total = services.reduce((sum, { scale, deploy }) => sum + (deploy?.replicas ?? scale ?? 1), 0)
  if (total > MAX_TASKS)
    fail(
      within(at, 'services'),
      `has ${total} tasks, at most ${MAX_TASKS} are run; split it into several stacks`,
    )
}

function checkPorts({ services, at }: StackDraft): void {
  const total = services.flatMap(({ ports = [] }) => ports).reduce((sum, { count }) => sum + count, 0)
  if (total > MAX_PORTS) {
    const advice = 'publish only what is reached from outside the hosts'
    fail(within(at, 'services'), `publishes ${total} ports, at most ${MAX_PORTS} of a stack are; ${advice}`)
    return
  }
  const taken = new Map<string, Taken[]>()
  for (const { name, ports = [] } of services) {
    for (const entry of ports) checkRange(taken, name, entry)
  }
}

interface Taken {
  service: string
  port: PublishedPort
  path: string
}

/** Tells of the first port of a range that another one has, and takes the rest. */
function checkRange(taken: Map<string, Taken[]>, service: string, range: PortsAt): void {
  let isTold = false
  for (const port of spread(range)) {
    const key = `${port.published}/${port.protocol}`
    const others = taken.get(key) ?? []
    const clash = others.find((other) => overlaps(other.port, port))
    const isRepeated = clash?.service === service && isSame(clash.port, port)
    if (clash && !isRepeated && !isTold) {
      fail(range.at, `${describePort(port)} is already published by ${clash.path}`)
      isTold = true
    }
    if (!clash) taken.set(key, [...others, { service, port, path: range.at.path }])
  }
}

function overlaps(a: PublishedPort, b: PublishedPort): boolean {
  return a.hostIp === undefined || b.hostIp === undefined || a.hostIp === b.hostIp
}

function isSame(a: PublishedPort, b: PublishedPort): boolean {
  return a.target === b.target && a.hostIp === b.hostIp
}
