import { SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { slotName } from '../../schemas/slot.ts'
import type { ForgottenHostDocument } from '../../schemas/status.ts'
import { HEARTBEAT } from '../../schemas/wire.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { Fleet } from '../observed/fleet.ts'
import { countedOn } from '../plan/forgotten.ts'
import type { Queue } from '../queue/queue.ts'
import { forgetHost, leftWith } from '../rollout/forget-host.ts'
import type { HostKeys } from '../state/host-keys.ts'
import type { Leader } from '../state/leader.ts'
import type { Records } from '../state/records.ts'
import type { Turns } from '../turns.ts'
import type { Events } from './events.ts'
import { checkHost } from './known-hosts.ts'

export interface ForgetDeps {
  records: Pick<Records, 'get' | 'put' | 'list'>
  fleet: Pick<Fleet, 'observed' | 'isCurrent' | 'stateOf' | 'forget'>
  queue: Pick<Queue, 'forget'>
  delivery: Pick<Delivery, 'forget'>
  hostKeys: Pick<HostKeys, 'hosts' | 'forget'>
  turns: Pick<Turns, 'exclusive'>
  leader: Pick<Leader, 'epoch'>
  events: Pick<Events, 'note'>
  log: Log
  now: () => Date
}

/**
 * Forgets a host that is gone for good: its tasks are placed anew, and what Redis and the state folder have of it goes. What
 * names it goes last, so that a controller which ends in the middle can be told again.
 * @throws SetpointError HOST_NOT_FOUND, HOST_REPORTS, NOT_LEADER, REDIS_UNREACHABLE
 */
export async function forget(deps: ForgetDeps, host: string): Promise<ForgottenHostDocument> {
  checkHost(new Map(hostsOf(deps).map((name) => [name, undefined])), host)
  const left = leftOn(deps, host)
  checkAllowed(deps, left)
  for (const { name } of deps.records.list()) await forgetIn(deps, name, left)
  await deps.queue.forget(host)
  await deps.delivery.forget(host)
  await deps.fleet.forget(host)
  await deps.hostKeys.forget(host)
  tell(deps, left)
  return left
}

/** All that report, have a pin, or are counted on. */
function hostsOf({ fleet, hostKeys, records, now }: ForgetDeps): string[] {
  const placed = records.list().flatMap(({ inventory }) => countedOn(inventory).map(({ host }) => host))
  return [...fleet.observed(now()).keys(), ...hostKeys.hosts(), ...placed]
}

function leftOn({ records, fleet, now }: ForgetDeps, host: string): ForgottenHostDocument {
  const left = records.list().map((record) => leftWith(record, host))
  return {
    host,
    seen: fleet.observed(now()).get(host)?.seen ?? null,
    tasks: left.flatMap(({ tasks }) => tasks),
    volumes: left.flatMap(({ volumes }) => volumes),
  }
}

/** Only who leads may change a record, and only silence that would have been broken is a sign that nobody is there. */
function checkAllowed({ leader, fleet, now }: ForgetDeps, left: ForgottenHostDocument): void {
  leader.epoch()
  const { host } = left
  if (fleet.isCurrent() && fleet.stateOf(host, now()) === 'lost') return
  const patience = `${(3 * HEARTBEAT) / 1000} s`
  const tasks = left.tasks.map((task) => slotName(task)).join(', ')
  const unheard = `${host} was not heard yet, and this controller has listened for less than ${patience}.`
  const unread = `${host} is there: it reports, but what it tells cannot be read; the controller's log says why.`
  const isThere = fleet.stateOf(host, now()) === 'ready'
  const known = left.seen && `${host} is there: it was last heard at ${left.seen}.`
  const message = known ?? (isThere ? unread : unheard)
  const hint = `Stop its agent or switch it off, and try again after ${patience} without a word from it.`
  const counted = tasks === '' ? 'Nothing counts on it.' : `What counts on it: ${tasks}.`
  throw new SetpointError('HOST_REPORTS', message, { hint: `${counted} ${hint}` })
}

/** A turn of the stack may take long: meanwhile the host may have come back, or another controller leads. */
function forgetIn(deps: ForgetDeps, stack: string, left: ForgottenHostDocument): Promise<void> {
  const { records, turns, now } = deps
  return turns.exclusive(stack, async () => {
    checkAllowed(deps, left)
    const record = records.get(stack)
    if (record !== undefined) await records.put(forgetHost(record, left.host, now()))
  })
}

function tell({ events, log, now }: ForgetDeps, { host, tasks, volumes }: ForgottenHostDocument): void {
  log.warn({ host, tasks, volumes }, 'A host was forgotten, as somebody has asked for')
  const counted =
    tasks.length === 0 ? 'nothing counted on it' : `${tasks.length} of its tasks are placed anew`
  events.note({
    at: now().toISOString(),
    type: 'host',
    reason: 'HostForgotten',
    host,
    message: `${host} is forgotten; ${counted}`,
  })
}
