import { type Observed, type ObservedHost, tasksOf } from '../../schemas/fleet.ts'
import { describePort } from '../../schemas/port.ts'
import type { StackRecord } from '../../schemas/record.ts'
import type { ServiceSpec } from '../../schemas/stack.ts'
import type {
  ControllerStatus,
  HostKeyStatus,
  HostProblem,
  HostStatus,
  ServiceStatus,
  SourceStatus,
  StackStatus,
  StatusDocument,
} from '../../schemas/status.ts'
import { isServing, type TaskStatus } from '../../schemas/task.ts'
import { driftOf } from '../plan/drift.ts'
import { wantedSlots } from '../plan/plan.ts'
import { type Candidate, wantedRevision } from '../rollout/accept.ts'
import { conditionKey, conditionsOf } from './conditions.ts'
import { taskView } from './task-view.ts'

/** What the status of a stack is made of. */
export interface StackFacts {
  name: string
  /** Absent for a stack that was never accepted. */
  record: StackRecord | undefined
  candidate: Candidate | undefined
  /** The problems of its newest commit, formatted. */
  problems: string[]
}

interface Surroundings {
  observed: Observed
  sources: SourceStatus[]
  controller: ControllerStatus
  problemOf: (host: string) => HostProblem | null
  keyOf: (host: string) => HostKeyStatus
  now: Date
}

/** The API's status document, as docs/cli.md shows it. */
export function statusDocument(
  stacks: StackFacts[],
  { observed, sources, controller, problemOf, keyOf, now }: Surroundings,
): StatusDocument {
  return {
    stacks: stacks.map((facts) => stackStatus(facts, observed, now)),
    hosts: [...observed.values()].map((host) => hostStatus(host, { problemOf, keyOf })).sort(byName),
    sources,
    controller,
  }
}

function stackStatus(
  { name, record, candidate, problems }: StackFacts,
  observed: Observed,
  now: Date,
): StackStatus {
  if (record === undefined) return unacceptedStatus({ name, candidate, problems, now })
  const facts = conditionsOf({ record, candidate, observed, drift: driftOf(name, observed) })
  const failure = record.history.find((entry) => entry.digest === record.bad?.digest)?.failure
  const wanted = wantedRevision(record)
  return {
    name,
    source: record.source,
    revision: { attempted: record.accepted?.revision ?? null, applied: record.healthy?.revision ?? null },
    outcome: record.outcome,
    conditions: facts.map((fact) => ({
      ...fact,
      since: record.since[conditionKey(fact)] ?? now.toISOString(),
    })),
    services: (wanted?.spec.services ?? []).map((service) => serviceStatus(name, service, observed)),
    problems,
    ...(failure && { failure }),
  }
}

/** A stack without a record: its first commit has problems, or no turn was taken yet. */
function unacceptedStatus({
  name,
  candidate,
  problems,
  now,
}: Omit<StackFacts, 'record'> & { now: Date }): StackStatus {
  const since = now.toISOString()
  const invalid = candidate?.spec === 'invalid'
  const message = invalid
    ? 'Its first commit has problems; nothing was deployed.'
    : 'Waiting for its first turn.'
  const reason = invalid ? 'InvalidRevision' : 'Progressing'
  return {
    name,
    source: candidate?.source ?? '',
    revision: { attempted: null, applied: null },
    outcome: invalid ? 'stalled' : 'rolling',
    conditions: [
      { type: 'Ready', status: 'False', reason, message, since },
      { type: invalid ? 'Stalled' : 'Reconciling', status: 'True', reason, message, since },
    ],
    services: [],
    problems,
  }
}

function serviceStatus(stack: string, service: ServiceSpec, observed: Observed): ServiceStatus {
  const tasks = tasksOf(observed, stack)
    .map((located) => located.task)
    .filter((task) => task.service === service.name)
    .sort((a, b) => a.slot - b.slot || a.host.localeCompare(b.host) || a.id.localeCompare(b.id))
  return {
    name: service.name,
    image: service.container.image.reference,
    digest: service.container.image.digest ?? null,
    desired: wantedSlots(service, observed).length,
    running: tasks.filter((task) => task.state === 'running').length,
    healthy: tasks.filter((task) => isServing(task) || (task.state === 'complete' && task.exitCode === 0))
      .length,
    ports: portsOf(service, tasks),
    tasks: tasks.map(taskView),
  }
}

/** The ports as they are published on the hosts; while a service has no task yet, as the stack file has them. */
function portsOf({ container }: ServiceSpec, tasks: TaskStatus[]): string[] {
  const published = tasks.flatMap(({ ports = [] }) => ports)
  return published.length > 0 ? [...new Set(published)].sort() : container.ports.map(describePort)
}

function hostStatus(
  { info, state, seen }: ObservedHost,
  { problemOf, keyOf }: Pick<Surroundings, 'problemOf' | 'keyOf'>,
): HostStatus {
  const { name, availability, labels, resources, runtime } = info
  const [key, problem] = [keyOf(name), problemOf(name)]
  return { name, state, availability, labels, resources, runtime, seen, key, problem }
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name.localeCompare(b.name)
}
