import type { Log } from '../../schemas/log.ts'
import type { ControllerStatus } from '../../schemas/status.ts'
import type { Service } from '../api/service.ts'
import type { HostProblems } from '../observed/host-problems.ts'
import type { SecretService } from '../secret/service.ts'
import type { SessionOpener } from '../session/open.ts'
import type { Sources } from '../sources/sources.ts'
import type { HostKeys } from '../state/host-keys.ts'
import type { Leader } from '../state/leader.ts'
import type { Records } from '../state/records.ts'
import { driftItems, strayItems } from '../status/drift-items.ts'
import { statsDocument } from '../status/stats.ts'
import { statusDocument } from '../status/view.ts'
import type { Turns } from '../turns.ts'
import { createAccess } from './access.ts'
import type { Events } from './events.ts'
import { type ForgetDeps, forget } from './forget-host.ts'
import { areAllHeard, checkHost } from './known-hosts.ts'
import { allStacks, knownStack } from './known-stacks.ts'
import { candidateChanges, pendingChanges } from './planned-changes.ts'
import { rollBack } from './rollback.ts'
import { createVolumes } from './volumes.ts'

export interface ServiceDeps {
  /** The external configs by name. */
  externals: () => ReadonlyMap<string, Buffer>
  sources: Sources
  records: Records
  fleet: ForgetDeps['fleet']
  queue: ForgetDeps['queue']
  delivery: ForgetDeps['delivery']
  opener: Pick<SessionOpener, 'open'>
  events: Pick<Events, 'read' | 'note'>
  turns: Turns
  onChange: Service['onChange']
  leader: Pick<Leader, 'isLeader' | 'epoch'>
  problems: Pick<HostProblems, 'of'>
  hostKeys: Pick<HostKeys, 'of' | 'hosts' | 'trust' | 'forget'>
  secrets: SecretService
  /** The recipient of the controller's own key. */
  recipient: string
  log: Log
  now: () => Date
}

/** The controller as the API serves it. */
export function createService(deps: ServiceDeps): Service {
  const { sources, records, fleet, now } = deps
  const observed = () => fleet.observed(now())
  return {
    onChange: deps.onChange,
    recipient: deps.recipient,
    ...deps.secrets,
    status(stack) {
      const names = stack === undefined ? allStacks(deps) : [knownStack(deps, stack)]
      const facts = names.map((name) => ({
        name,
        record: records.get(name),
        candidate: sources.candidate(name),
        problems: sources.problems(name),
      }))
      return statusDocument(facts, {
        observed: observed(),
        sources: sources.status(),
        controller: controllerStatus(deps),
        problemOf: (host) => deps.problems.of(host, now()),
        keyOf: deps.hostKeys.of,
        now: now(),
      })
    },
    plan: (candidates) => ({
      stacks: candidates?.map((spec) => candidateChanges(deps, spec)) ?? pendingChanges(deps),
    }),
    drift(stack) {
      const names = stack === undefined ? allStacks(deps) : [knownStack(deps, stack)]
      const items = names.flatMap((name) => {
        const record = records.get(name)
        return record === undefined ? [] : driftItems(record, observed(), now())
      })
      return stack === undefined ? [...items, ...strayItems(records.list(), observed())] : items
    },
    stats: (stack) => statsDocument(observed(), stack === undefined ? undefined : knownStack(deps, stack)),
    history: (stack) => records.get(knownStack(deps, stack))?.history ?? [],
    rollback: (stack, revision) => rollBack(deps, knownStack(deps, stack), revision),
    async sync() {
      await sources.look()
      await deps.turns.idle()
    },
    async trust(host, recipient) {
      checkHost(observed(), host)
      return deps.hostKeys.trust(host, recipient)
    },
    forgetHost: (host) => forget(deps, host),
    events: (query, signal) => {
      if (query.stack !== undefined) knownStack(deps, query.stack)
      return deps.events.read(query, signal)
    },
    ...createAccess({
      ...deps,
      allHeard: () => areAllHeard(deps),
      mayOpen: deps.leader.epoch,
      record: (stack) => records.get(knownStack(deps, stack)),
    }),
    ...createVolumes({ ...deps, checkStack: (stack) => knownStack(deps, stack) }),
  }
}

function controllerStatus({ leader }: ServiceDeps): ControllerStatus {
  if (leader.isLeader()) return { leads: true, message: null }
  const message =
    'Redis does not answer, or another controller leads: nothing is changed now, what runs goes on.'
  return { leads: false, message }
}
