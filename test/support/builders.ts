import { digest } from '../../schemas/canonical.ts'
import type { ContainerSpec } from '../../schemas/container.ts'
import type { Observed, ObservedHost } from '../../schemas/fleet.ts'
import type { Revision, StackRecord } from '../../schemas/record.ts'
import type { ServiceSpec, StackSpec, UpdatePolicy } from '../../schemas/stack.ts'
import type { Task, TaskStatus } from '../../schemas/task.ts'

/** A commit id that is the same for the same number. */
export function sha(n: number): string {
  return digest(['revision', n], 40)
}

export function aContainer(container: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    image: { reference: 'localhost/test/busybox:1', pull: 'missing' },
    environment: {},
    labels: {},
    networks: [],
    ports: [],
    mounts: [],
    restart: { condition: 'any' },
    resources: {},
    stopGracePeriod: 1000,
    readOnly: false,
    noNewPrivileges: false,
    capAdd: [],
    capDrop: [],
    ...container,
  }
}

function anUpdate(update: Partial<UpdatePolicy> = {}): UpdatePolicy {
  return {
    parallelism: 1,
    delay: 0,
    monitor: 5000,
    maxFailureRatio: 0,
    failureAction: 'rollback',
    order: 'stop-first',
    deadline: 120_000,
    ...update,
  }
}

export function aService(
  name: string,
  service: Partial<Omit<ServiceSpec, 'container' | 'update'>> & {
    container?: Partial<ContainerSpec>
    update?: Partial<UpdatePolicy>
  } = {},
): ServiceSpec {
  const container = aContainer(service.container)
  return {
    name,
    mode: 'replicated',
    replicas: 1,
    dependsOn: [],
    fingerprint: digest(container, 16),
    ...service,
    update: anUpdate(service.update),
    container,
  }
}

export function aStack(name: string, services: ServiceSpec[], rest: Partial<StackSpec> = {}): StackSpec {
  const stack = { name, services, networks: [], volumes: [], drift: 'heal' as const, ...rest }
  return { ...stack, digest: digest(stack) }
}

export function aRevision(n: number, spec: StackSpec): Revision {
  return { revision: sha(n), spec }
}

/** The record of a stack that has converged at a revision, unless said otherwise. */
export function aRecord(
  name: string,
  accepted: Revision | null,
  rest: Partial<StackRecord> = {},
): StackRecord {
  return {
    name,
    source: 'infra',
    accepted,
    healthy: accepted,
    previous: [],
    bad: null,
    rollout: null,
    outcome: 'converged',
    message: 'It serves.',
    inventory: [],
    history: [],
    since: {},
    ...rest,
  }
}

export function aHost(
  name: string,
  tasks: TaskStatus[] = [],
  host: Partial<ObservedHost> = {},
): ObservedHost {
  return {
    info: {
      name,
      labels: {},
      availability: 'active',
      resources: { cpus: 2, memory: 2 ** 34 },
      runtime: 'crun (v2)',
      version: '0.1.0',
    },
    state: 'ready',
    seen: '2026-01-01T00:00:00.000Z',
    tasks,
    strays: [],
    ...host,
  }
}

export function aFleet(...hosts: ObservedHost[]): Observed {
  return new Map(hosts.map((host) => [host.info.name, host]))
}

/** The status of a task that runs and serves, unless said otherwise. */
export function aStatus(
  task: Pick<Task, 'id' | 'stack' | 'service' | 'slot' | 'host' | 'revision' | 'fingerprint'>,
  status: Partial<TaskStatus> = {},
): TaskStatus {
  const { id, stack, service, slot, host, revision, fingerprint } = task
  return {
    id,
    stack,
    service,
    slot,
    host,
    revision,
    fingerprint,
    run: 1,
    state: 'running',
    since: '2026-01-01T00:00:00.000Z',
    startedAt: '2026-01-01T00:00:00.000Z',
    health: 'none',
    failures: 0,
    addresses: {},
    ...status,
  }
}
