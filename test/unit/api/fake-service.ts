import type { StackProcessesDocument } from '../../../controller/api/access.ts'
import type { Service } from '../../../controller/api/service.ts'
import { SetpointError } from '../../../schemas/error.ts'
import type { SecretStatus, StackStatus, StatusDocument, VolumesDocument } from '../../../schemas/status.ts'

export interface FakeService extends Service {
  /** What `status` gives; `change` replaces it and tells the listeners. */
  document: StatusDocument
  change(document: StatusDocument): void
  listeners: Set<() => void>
  /** What was asked, in order. */
  calls: unknown[][]
  external: SecretStatus[]
  /** What `stackProcesses` gives. */
  stackProcessesDocument: StackProcessesDocument
  /** What `volumes` gives. */
  volumesDocument: VolumesDocument
  /** What secrets were set to. */
  sealed: Buffer[]
}

/** A controller as the API sees it, without anything behind it. */
export const RECIPIENT = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg'

export function fakeService(document: StatusDocument = aStatus()): FakeService {
  const listeners = new Set<() => void>()
  const known = (stack: string) => {
    if (!fake.document.stacks.some(({ name }) => name === stack)) {
      throw new SetpointError('STACK_NOT_FOUND', `there is no stack "${stack}"`, {
        hint: 'see setpoint status',
      })
    }
  }
  const fake: FakeService = {
    document,
    listeners,
    calls: [],
    external: [],
    sealed: [],
    stackProcessesDocument: { stack: 'hello', tasks: [], missing: [] },
    volumesDocument: { volumes: [], missing: [], unread: [] },
    change(next) {
      fake.document = next
      for (const listener of listeners) listener()
    },
    status(stack) {
      if (stack === undefined) return fake.document
      known(stack)
      return { ...fake.document, stacks: fake.document.stacks.filter(({ name }) => name === stack) }
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    plan(candidates) {
      fake.calls.push(['plan', candidates])
      return { stacks: [] }
    },
    drift(stack) {
      fake.calls.push(['drift', stack])
      return []
    },
    stats: () => ({ tasks: [] }),
    history(stack) {
      known(stack)
      return []
    },
    async rollback(stack, revision) {
      known(stack)
      fake.calls.push(['rollback', stack, revision])
      return EARLIER
    },
    recipient: RECIPIENT,
    secrets: () => fake.external,
    async setSecret(name, sealed) {
      fake.calls.push(['setSecret', name])
      fake.sealed.push(sealed)
      return { name, digest: 'd1'.repeat(32), set: '2026-01-01T10:00:00.000Z', usedBy: [] }
    },
    async removeSecret(name) {
      fake.calls.push(['removeSecret', name])
    },
    async trust(host, recipient) {
      fake.calls.push(['trust', host, recipient])
      return recipient ?? RECIPIENT
    },
    async forgetHost(host) {
      fake.calls.push(['forgetHost', host])
      return {
        ...{ host, seen: null, volumes: [{ name: 'hello_data', stack: 'hello' }] },
        tasks: [{ stack: 'hello', service: 'web', slot: 2, taskId: 'hello-web-2-x' }],
      }
    },
    async sync() {
      fake.calls.push(['sync'])
    },
    logs(query) {
      known(query.stack)
      fake.calls.push(['logs', query])
      return pieces([])
    },
    events(query) {
      fake.calls.push(['events', query])
      return pieces([])
    },
    async openSession(task, request) {
      fake.calls.push(['openSession', task, request])
      throw new SetpointError('TASK_NOT_FOUND', `There is no task ${task}.`)
    },
    async volumes(query) {
      fake.calls.push(['volumes', query])
      return fake.volumesDocument
    },
    async removeVolumes(query) {
      fake.calls.push(['removeVolumes', query])
      return { removed: query.names.map((name) => ({ name, host: query.host ?? 'alpha' })), absent: [] }
    },
    async processes(task) {
      fake.calls.push(['processes', task])
      if (task === 'nope') throw new SetpointError('TASK_NOT_FOUND', `There is no task ${task}.`)
      return { taskId: task, host: 'alpha', processes: [] }
    },
    async stackProcesses(stack) {
      known(stack)
      fake.calls.push(['stackProcesses', stack])
      return fake.stackProcessesDocument
    },
  }
  return fake
}

/** What `logs` gives. */
export async function* pieces<T>(items: T[]): AsyncGenerator<T> {
  yield* items
}

export function aStatus(...stacks: StackStatus[]): StatusDocument {
  return {
    stacks: stacks.length > 0 ? stacks : [aStack()],
    hosts: [
      {
        name: 'alpha',
        state: 'ready',
        availability: 'active',
        labels: {},
        resources: { cpus: 2, memory: 8 * 1024 ** 3 },
        runtime: 'crun (cgroup v2)',
        seen: '2026-01-01T10:00:00.000Z',
        key: { state: 'pinned', recipient: RECIPIENT, reported: RECIPIENT },
        problem: null,
      },
    ],
    sources: [
      {
        name: 'demo',
        url: '/srv/demo.git',
        branch: 'main',
        revision: REVISION,
        polled: '2026-01-01T10:00:00.000Z',
        error: null,
      },
    ],
    controller: { leads: true, message: null },
  }
}

/** Where a rollback goes. */
export const EARLIER = 'ea12beef34567890ea12beef34567890ea12beef'

export const REVISION = 'c0ffee1234567890c0ffee1234567890c0ffee12'

/** A stack `hello` whose one task serves. */
export function aStack(changes: Partial<StackStatus> = {}): StackStatus {
  return {
    name: 'hello',
    source: 'demo',
    revision: { attempted: REVISION, applied: REVISION },
    outcome: 'converged',
    conditions: [aCondition('Ready', 'True', 'Converged', 'all tasks serve')],
    services: [
      {
        name: 'web',
        image: 'docker.io/library/nginx:1.29',
        digest: null,
        desired: 1,
        running: 1,
        healthy: 1,
        ports: ['8080->80/tcp'],
        tasks: [
          {
            id: 'hello-web-1-aaaa',
            slot: 1,
            host: 'alpha',
            state: 'running',
            health: 'healthy',
            pid: 4242,
            addresses: ['10.89.0.2'],
            ports: ['8080->80/tcp'],
            startedAt: '2026-01-01T09:57:00.000Z',
            exitCode: null,
            revision: REVISION,
            restarts: 0,
            renewals: 0,
            restartAt: null,
            ended: null,
            probes: [],
            message: null,
            error: null,
          },
        ],
      },
    ],
    problems: [],
    ...changes,
  }
}

export function aCondition(
  type: StackStatus['conditions'][number]['type'],
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
): StackStatus['conditions'][number] {
  return { type, status, reason, message, since: '2026-01-01T09:57:00.000Z' }
}
