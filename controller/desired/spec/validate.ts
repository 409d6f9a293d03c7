import { canonicalJson } from '../../../schemas/canonical.ts'
import { type Cursor, fail, within } from '../cursor.ts'
import { valueAt } from '../yaml/node.ts'
import { checkNetworkMode } from './checks/network-mode.ts'
import { checkNetworks } from './checks/networks.ts'
import { checkPorts } from './checks/ports.ts'
import { checkShared } from './checks/shared.ts'
import { checkSubnets } from './checks/subnets.ts'
import { checkUsers } from './checks/users.ts'
import type { StackDraft } from './read-stack.ts'
import { effectiveHealthcheck } from './service/health.ts'
import { checkIsolation } from './service/isolation.ts'
import { checkLimits } from './service/service-limits.ts'
import type { ServiceDraft } from './service.ts'

/** What a stack needs on hosts beside what the Compose Specification asks. All problems at once, into the cursors. */
export function validate(stack: StackDraft): void {
  const byName = new Map(stack.services.map((service) => [service.name, service]))
  for (const service of stack.services) {
    checkImage(service)
    checkReplicas(service)
    checkLimits(service)
    checkIsolation(service)
    checkUsers(service)
    checkDependencies(service, byName)
    checkNetworkMode(service, byName)
    checkShared(service, byName)
  }
  checkNames(stack.networks, ({ spec }) => spec)
  checkNames(stack.volumes, ({ external, labels, driverOpts }) => [external, labels, driverOpts ?? null])
  checkNetworks(stack)
  checkSubnets(stack)
  checkTasks(stack)
  checkPorts(stack)
}

/** That there is an image or a build is checked of every project. */
function checkImage({ at }: ServiceDraft): void {
  if (valueAt(at.node, 'image') || !valueAt(at.node, 'build')) return
  const advice = 'describe it in NAME.image.yaml and name it under image, or name a built image there'
  fail(within(at, 'build'), `not honoured yet: building an image on the host; ${advice}`)
}

function checkReplicas({ scale, deploy, at }: ServiceDraft): void {
  const replicas = deploy?.replicas ?? scale
  if (deploy?.mode !== 'global' || replicas === undefined) return
  const place = scale === undefined ? within(at, 'deploy', 'replicas') : within(at, 'scale')
  fail(place, 'a global service has one task on each host; remove the number, or the mode')
}

function checkDependencies({ depends_on = [] }: ServiceDraft, byName: Map<string, ServiceDraft>): void {
  for (const { service, condition, at } of depends_on) {
    const target = byName.get(service)
    if (condition === 'healthy' && target && hasNone(target)) {
      fail(at, `waits for ${service} to be healthy, but its healthcheck is disabled`)
    } else if (condition === 'completed' && target?.restart?.condition === 'any') {
      fail(at, `waits for ${service} to complete, but that restarts always; give it restart: "no"`)
    }
  }
}

/** Two keys may give one name, but not to two things. */
function checkNames<T extends { name: string; at: Cursor }>(
  resources: T[],
  setUp: (one: T) => unknown,
): void {
  const byName = new Map<string, T>()
  for (const resource of resources) {
    const other = byName.get(resource.name)
    if (!other) byName.set(resource.name, resource)
    else if (canonicalJson(setUp(resource)) !== canonicalJson(setUp(other)))
      fail(resource.at, `is called ${resource.name}, as ${other.at.path} is, but set up otherwise; keep one`)
  }
}

/** The most tasks that one stack has; a global service counts as one. */
const MAX_TASKS = 5000

function checkTasks({ services, at }: StackDraft): void {
  const total = services.reduce((sum, { scale, deploy }) => sum + (deploy?.replicas ?? scale ?? 1), 0)
  if (total <= MAX_TASKS) return
  const message = `has ${total} tasks, at most ${MAX_TASKS} are run; split it into several stacks`
  fail(within(at, 'services'), message)
}

/** True when the service has said that it wants no healthcheck; what its image has is known on the host alone. */
function hasNone({ healthcheck, 'x-setpoint': settings }: ServiceDraft): boolean {
  return effectiveHealthcheck(healthcheck, settings?.healthcheck).healthcheck === null
}
