import { SetpointError } from '../schemas/error.ts'
import type { Log } from '../schemas/log.ts'
import type { Revision, StackRecord } from '../schemas/record.ts'
import { shortRevision } from '../schemas/revision.ts'
import type { StackSpec } from '../schemas/stack.ts'
import type { ControllerStatus, PlanDocument } from '../schemas/status.ts'
import { createAccess } from './access.ts'
import type { Service } from './api/service.ts'
import type { Events } from './events.ts'
import { withExternals } from './known-externals.ts'
import type { Fleet } from './observed/fleet.ts'
import type { HostProblems } from './observed/host-problems.ts'
import { specChanges } from './plan/changes.ts'
import { applyPins, knownPins } from './registry/pins.ts'
import { startRollback, supersede, wantedRevision } from './rollout/accept.ts'
import { withKnownSecrets } from './secret/known.ts'
import type { SecretService } from './secret/service.ts'
import type { SessionOpener } from './session/open.ts'
import type { Sources } from './sources.ts'
import type { HostKeys } from './state/host-keys.ts'
import type { Leader } from './state/leader.ts'
import type { Records } from './state/records.ts'
import { statsDocument } from './status/stats.ts'
import { driftItems, statusDocument, strayItems } from './status/view.ts'
import type { Turns } from './turns.ts'
import { createVolumes } from './volumes.ts'

/** The fewest letters that name a revision, as with git. */
const SHORTEST_PREFIX = 4

export interface ServiceDeps {
  /** The external configs by name. */
  externals: () => ReadonlyMap<string, Buffer>
  sources: Sources
  records: Records
  fleet: Pick<Fleet, 'observed'>
  opener: Pick<SessionOpener, 'open'>
  events: Pick<Events, 'read' | 'note'>
  turns: Turns
  onChange: Service['onChange']
  leader: Pick<Leader, 'isLeader' | 'epoch'>
  problems: Pick<HostProblems, 'of'>
  hostKeys: Pick<HostKeys, 'of' | 'trust'>
  secrets: SecretService
  /** Of the controller's own key. */
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
      const names = stack === undefined ? allStacks(deps) : [known(deps, stack)]
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
      stacks:
        candidates === undefined
          ? pendingChanges(deps)
          : candidates.map((spec) => candidateChanges(deps, spec)),
    }),
    drift(stack) {
      const names = stack === undefined ? allStacks(deps) : [known(deps, stack)]
      const items = names.flatMap((name) => {
        const record = records.get(name)
        return record === undefined ? [] : driftItems(record, observed(), now())
      })
      return stack === undefined ? [...items, ...strayItems(records.list(), observed())] : items
    },
    stats: (stack) => statsDocument(observed(), stack === undefined ? undefined : known(deps, stack)),
    history: (stack) => records.get(known(deps, stack))?.history ?? [],
    rollback: (stack, revision) => rollBack(deps, known(deps, stack), revision),
    async sync() {
      await sources.look()
      await deps.turns.idle()
    },
    async trust(host, recipient) {
      if (!observed().has(host)) throw noHost(host, [...observed().keys()])
      return deps.hostKeys.trust(host, recipient)
    },
    events: (query, signal) => {
      if (query.stack !== undefined) known(deps, query.stack)
      return deps.events.read(query, signal)
    },
    ...createAccess({ ...deps, record: (stack) => records.get(known(deps, stack)) }),
    ...createVolumes({
      ...deps,
      candidates: () => sources.stacks().flatMap((stack) => sources.candidate(stack) ?? []),
      checkStack: (stack) => known(deps, stack),
    }),
  }
}

function controllerStatus({ leader }: ServiceDeps): ControllerStatus {
  if (leader.isLeader()) return { leads: true, message: null }
  const message =
    'Redis does not answer, or another controller leads: nothing is changed now, what runs goes on.'
  return { leads: false, message }
}

function allStacks({ records, sources }: ServiceDeps): string[] {
  return [...new Set([...records.list().map((record) => record.name), ...sources.stacks()])].sort()
}

function known(deps: ServiceDeps, stack: string): string {
  const stacks = allStacks(deps)
  if (stacks.includes(stack)) return stack
  const hint = stacks.length === 0 ? 'No source has a stack yet.' : `There are: ${stacks.join(', ')}.`
  throw new SetpointError('STACK_NOT_FOUND', `There is no stack ${stack}.`, { hint })
}

function noHost(host: string, hosts: string[]): SetpointError {
  const hint = hosts.length === 0 ? 'No agent has reported yet.' : `There are: ${hosts.sort().join(', ')}.`
  return new SetpointError('HOST_NOT_FOUND', `There is no host ${host}.`, { hint })
}

function candidateChanges(
  { records, externals }: ServiceDeps,
  offline: StackSpec,
): PlanDocument['stacks'][number] {
  const record = records.get(offline.name)
  const running = record === undefined ? null : wantedRevision(record)
  const before = running?.spec ?? null
  const spec = withKnownSecrets(offline, before)
  return {
    name: spec.name,
    revision: running?.revision ?? null,
    // As it would be taken in, so that a pin which stays is no change, nor an external config that is known only here.
    changes: specChanges(before, withExternals(applyPins(spec, knownPins(record)), externals(), before)),
    problems: [],
  }
}

/** What a rollout under way, or a commit that was not accepted yet, still has to change. */
function pendingChanges(deps: ServiceDeps): PlanDocument['stacks'] {
  return allStacks(deps).map((name) => {
    const record = deps.records.get(name)
    const spec = deps.sources.candidate(name)?.spec
    const to =
      spec === 'removed'
        ? null
        : spec === 'invalid' || spec === undefined
          ? (record?.accepted?.spec ?? null)
          : spec
    return {
      name,
      revision: record?.healthy?.revision ?? null,
      changes: specChanges(record?.healthy?.spec ?? null, to),
      problems: [...deps.sources.problems(name), ...heldBack(record, to)],
    }
  })
}

/** Why what the newest commit would change does not happen. */
function heldBack(record: StackRecord | undefined, to: StackSpec | null): string[] {
  if (record === undefined || record.bad === null || record.bad.digest !== to?.digest) return []
  const { revision, reason } = record.bad
  return [`${shortRevision(revision)} is held back until a commit changes the stack: ${reason}`]
}

async function rollBack(
  { records, turns, leader, now }: ServiceDeps,
  stack: string,
  wanted: string | undefined,
): Promise<string> {
  leader.epoch() // only who leads may change a record
  return turns.exclusive(stack, async () => {
    const record = records.get(stack)
    const to = record && chooseRevision(record, wanted)
    if (record === undefined || to === undefined) throw noRevision(stack, record, wanted)
    const reason = `rolled back by hand from ${shortRevision(record.accepted?.revision ?? '')}`
    await records.put(
      startRollback(supersede(record, now()), to, { now: now(), reason, trigger: 'rollback' }),
    )
    return to.revision
  })
}

/** The healthy revision that is meant; without a name the one before what is wanted now. */
function chooseRevision(record: StackRecord, wanted: string | undefined): Revision | undefined {
  const choices = healthyOthers(record)
  if (wanted === undefined) return choices[0]
  return wanted.length < SHORTEST_PREFIX
    ? undefined
    : choices.find(({ revision }) => revision.startsWith(wanted))
}

/** The revisions that were healthy and are not what is wanted now, newest first. */
function healthyOthers(record: StackRecord): Revision[] {
  const current = wantedRevision(record)?.spec.digest
  return [record.healthy, ...record.previous].filter(
    (revision) => revision !== null && revision.spec.digest !== current,
  ) as Revision[]
}

function noRevision(
  stack: string,
  record: StackRecord | undefined,
  wanted: string | undefined,
): SetpointError {
  const choices = (record ? healthyOthers(record) : []).map(({ revision }) => shortRevision(revision))
  const what = wanted === undefined ? 'no earlier healthy revision' : `no other healthy revision ${wanted}`
  const hint =
    choices.length === 0
      ? 'It has had one healthy revision at most.'
      : `It can go back to: ${choices.join(', ')}.`
  return new SetpointError('REVISION_NOT_FOUND', `Stack ${stack} has ${what} to go back to.`, { hint })
}
