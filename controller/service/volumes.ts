import { type ErrorFacts, errorFacts, messageOf, SetpointError } from '../../schemas/error.ts'
import type { ObservedHost } from '../../schemas/fleet.ts'
import type { Log } from '../../schemas/log.ts'
import type { RemovedVolumesDocument, VolumeStatus, VolumesDocument } from '../../schemas/status.ts'
import type { RemoveVolumesQuery, VolumeService, VolumesQuery } from '../api/volumes.ts'
import type { Fleet } from '../observed/fleet.ts'
import { countedOn } from '../plan/forgotten.ts'
import { claimants } from '../plan/volumes.ts'
import { askAll } from '../session/ask-all.ts'
import type { SessionOpener } from '../session/open.ts'
import { removeVolumeOn, volumesOn } from '../session/volumes.ts'
import type { HostKeys } from '../state/host-keys.ts'
import { checkRemovable, checkVolumeName, namedVolume } from '../status/removable.ts'
import { isOfStack, isUnused, type VolumesOfHost, volumeStatuses } from '../status/volumes.ts'
import { type ClaimsDeps, checkAllRead, claimsOf, unreadSources } from './claims.ts'
import type { Events } from './events.ts'
import { checkHost } from './known-hosts.ts'

export interface VolumesDeps extends ClaimsDeps {
  fleet: Pick<Fleet, 'observed' | 'isCurrent'>
  hostKeys: Pick<HostKeys, 'hosts'>
  opener: Pick<SessionOpener, 'open'>
  /** @throws SetpointError STACK_NOT_FOUND for a stack that nobody declares */
  checkStack: (stack: string) => unknown
  events: Pick<Events, 'note'>
  log: Log
  now: () => Date
}

type HostState = ObservedHost['state']

/** Hosts that are asked at one time. */
const AT_ONCE = 32

/** The volumes of the fleet. Nothing of them is kept here: their hosts are asked. */
export function createVolumes(deps: VolumesDeps): VolumeService {
  return {
    volumes: (query) => list(deps, query),
    removeVolumes: (query, signal) => remove(deps, query, signal),
  }
}

async function list(deps: VolumesDeps, { stack, size, unused }: VolumesQuery): Promise<VolumesDocument> {
  if (unused) checkAllRead(deps.sources)
  const { volumes, ...rest } = await look(deps, { size })
  const ofStack = stack === undefined ? volumes : volumes.filter((volume) => isOfStack(volume, stack))
  if (stack !== undefined && ofStack.length === 0) deps.checkStack(stack)
  return { ...rest, volumes: unused ? ofStack.filter(isUnused) : ofStack }
}

/** All are looked at before the first is removed, and each once more in its turn: one may take minutes. */
async function remove(
  deps: VolumesDeps,
  { names, host }: RemoveVolumesQuery,
  signal: AbortSignal,
): Promise<RemovedVolumesDocument> {
  for (const name of names) checkVolumeName(name)
  checkAllRead(deps.sources)
  if (!deps.fleet.isCurrent()) throw notCurrent()
  const seen = await look(deps, { size: false, host })
  const meant = [...new Set(names)].map((name) => ({ name, volume: namedVolume(seen, name, host) }))
  for (const { volume } of meant) if (volume) checkRemovable(volume)
  const removed: RemovedVolumesDocument['removed'] = []
  for (const { volume } of meant) {
    if (!volume) continue
    try {
      signal.throwIfAborted()
      checkRemovable(asClaimedNow(deps, volume))
      await removeOne(deps, volume)
    } catch (error) {
      throw withRemoved(error, removed)
    }
    removed.push({ name: volume.name, host: volume.host })
  }
  return { removed, absent: meant.filter(({ volume }) => !volume).map(({ name }) => name) }
}

function asClaimedNow(deps: VolumesDeps, volume: VolumeStatus): VolumeStatus {
  return { ...volume, declaredBy: claimants(claimsOf(deps), volume) }
}

/** One that is gone is told of, also when that was not all, or the session has broken off before its end. */
async function removeOne(deps: VolumesDeps, volume: VolumeStatus): Promise<void> {
  const { name, host, createdAt, options } = volume
  try {
    await removeVolumeOn(deps.opener, host, { name, createdAt })
  } catch (error) {
    if (await isGone(deps, volume)) noteRemoved(deps, volume, `but not to the end: ${messageOf(error)}`)
    throw error
  }
  noteRemoved(deps, volume, options === null ? 'with all that was in it' : 'and what is on its device stays')
}

/** False as well when its host does not tell. */
async function isGone({ opener }: VolumesDeps, { name, host, createdAt }: VolumeStatus): Promise<boolean> {
  const left = await volumesOn(opener, host, false).catch(() => undefined)
  return left?.every((volume) => volume.name !== name || volume.createdAt !== createdAt) ?? false
}

function noteRemoved(
  { events, log, now }: VolumesDeps,
  { name, host, stack }: VolumeStatus,
  how: string,
): void {
  log.info({ volume: name, host }, 'A volume was removed, as somebody has asked for')
  events.note({
    at: now().toISOString(),
    type: 'volume',
    reason: 'VolumeRemoved',
    host,
    message: `volume ${name} is removed from ${host}, ${how}`,
    ...(stack !== null && { stack }),
  })
}

/** What the hosts have, or the one named, and which of them do not answer. */
async function look(
  deps: VolumesDeps,
  { size, host }: { size: boolean; host?: string | undefined },
): Promise<VolumesDocument> {
  const hosts = hostsOf(deps)
  if (host !== undefined) checkHost(hosts, host)
  const asked = [...hosts].filter(([name]) => host === undefined || name === host)
  const missing: VolumesDocument['missing'] = []
  const told = await askAll(
    asked,
    async ([name, state]): Promise<VolumesOfHost> => {
      if (state === undefined) throw unheard(name)
      if (state === 'lost') throw silent(name)
      return { host: name, volumes: await volumesOn(deps.opener, name, size) }
    },
    { atOnce: AT_ONCE, missed: ([host], error) => missing.push({ host, error: factsOf(error) }) },
  )
  const unread = unreadSources(deps.sources)
  return { volumes: volumeStatuses(told, claimsOf(deps)), missing, unread }
}

/** The hosts that report, and those that are known to be there and have not reported yet: they have no state. */
function hostsOf({ fleet, hostKeys, records, now }: VolumesDeps): Map<string, HostState | undefined> {
  const placed = records.list().flatMap(({ inventory }) => countedOn(inventory).map(({ host }) => host))
  const observed = [...fleet.observed(now()).values()].map(({ info, state }) => [info.name, state] as const)
  const expected = [...hostKeys.hosts(), ...placed].map((name) => [name, undefined] as const)
  return new Map<string, HostState | undefined>([...expected, ...observed])
}

/** What the controller itself cannot do is no matter of one host. */
function factsOf(error: unknown): ErrorFacts {
  if (error instanceof SetpointError && /^(NOT_LEADER|REDIS_UNREACHABLE)$/.test(error.code)) throw error
  return errorFacts(error, 'SESSION_LOST')
}

function withRemoved(error: unknown, removed: RemovedVolumesDocument['removed']): unknown {
  if (!(error instanceof SetpointError) || removed.length === 0) return error
  const before = `Removed before it: ${removed.map(({ name }) => name).join(', ')}.`
  return new SetpointError(error.code, error.message, {
    hint: [error.hint, before].filter(Boolean).join(' '),
    cause: error,
  })
}

function silent(host: string): SetpointError {
  return new SetpointError('SESSION_LOST', `${host} does not report.`, {
    hint: '`setpoint hosts` tells since when.',
  })
}

function unheard(host: string): SetpointError {
  return new SetpointError('SESSION_LOST', `${host} has not reported since this controller started.`, {
    hint: `Is its agent running? \`setpoint hosts rm ${host}\` if it is gone for good, or say which host is meant: --host HOST.`,
  })
}

function notCurrent(): SetpointError {
  return new SetpointError('SESSION_LOST', 'What the hosts report was not read yet.', {
    hint: 'The controller has just started, or Redis does not answer: try again.',
  })
}
