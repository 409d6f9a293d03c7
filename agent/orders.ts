import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Action } from '../schemas/action.ts'
import { messageOf, SetpointError } from '../schemas/error.ts'
import type { Job } from '../schemas/job.ts'
import type { Log } from '../schemas/log.ts'
import { coalesce } from './coalesce.ts'
import { replaceFile } from './disk.ts'
import type { Paths } from './paths.ts'

/** Which jobs this agent has done, so that none is done again and none that is older comes after it (law 5). */
export interface Orders {
  /**
   * Takes a job on. `false`: exactly this one was done before.
   * @param slotOf the slot of a task that is on this host
   * @throws SetpointError JOB_REFUSED when its epoch is over or something newer was done, DEADLINE_PASSED
   */
  begin(job: Job, slotOf: (taskId: string) => string | undefined): boolean
  /** The job came to an end, good or bad. */
  done(job: Job): void
  /** Resolves once all is on disk. */
  saved(): Promise<void>
}

/** A place in the order of jobs: epoch, then sequence. */
type Place = [epoch: number, sequence: number]

interface Kept {
  version: 1
  /** The key whose jobs these are: with another controller everything begins anew. */
  key: string
  /** The highest that was seen. */
  epoch: number
  /** What the last job of each slot and task was. */
  done: Map<string, Place>
  /** Jobs up to here are too old, whatever they are for: what stood there was forgotten. */
  floor: Place
}

/** For how many slots and tasks the last job is kept; beyond it the oldest are forgotten together. */
const KEPT = 10_000
const BEFORE_ALL: Place = [-1, -1]

interface OrdersOptions {
  paths: Paths
  log: Log
  /** What tells the controller's key from others. */
  key: string
  now?: () => number
}

/** Reads `<state>/orders.json`; a damaged file is set aside, which only lets an old job through that is still signed and in time. */
export async function openOrders({ paths, log, key, now = Date.now }: OrdersOptions): Promise<Orders> {
  const file = join(paths.state, 'orders.json')
  const kept = await load(file, key, log)
  const begun = new Map<string, Place>()
  const keysOf = new Map<string, string[]>()
  let writing = Promise.resolve()
  const write = coalesce(save)

  return {
    begin(job, slotOf) {
      const place: Place = [job.epoch, job.sequence]
      const keys = keysFor(job.action, slotOf)
      enterEpoch(job.epoch)
      checkOrder(keys, place)
      if (keys.some((key) => same(kept.done.get(key), place))) return false
      const deadline = Date.parse(job.deadline)
      if (!(now() < deadline)) throw late(job.deadline)
      for (const key of keys) begun.set(key, place)
      keysOf.set(nameOf(job), keys)
      return true
    },
    done(job) {
      const place: Place = [job.epoch, job.sequence]
      for (const key of keysOf.get(nameOf(job)) ?? []) {
        if (compare(place, kept.done.get(key) ?? BEFORE_ALL) > 0) kept.done.set(key, place)
        if (same(begun.get(key), place)) begun.delete(key)
      }
      keysOf.delete(nameOf(job))
      forgetOldest(kept)
      writing = write()
    },
    saved: () => writing,
  }

  function enterEpoch(epoch: number): void {
    if (epoch < kept.epoch)
      throw refused(`it is of epoch ${epoch}, and the controller of epoch ${kept.epoch} leads`)
    if (epoch === kept.epoch) return
    kept.epoch = epoch
    writing = write()
  }

  function checkOrder(keys: string[], place: Place): void {
    if (keys.length > 0 && compare(place, kept.floor) <= 0)
      throw refused('it is older than anything this agent remembers')
    for (const key of keys) {
      const newer = [kept.done.get(key), begun.get(key)].find((other) => other && compare(other, place) > 0)
      if (!newer) continue
      const [first, second] = [newer, place].map((one) => one.join('/'))
      throw refused(`job ${first} for ${key} is newer than it (${second}) and was begun before`)
    }
  }

  /** Not forced to the disk: after a power cut an old job would still have to be signed and within its deadline. */
  async function save(): Promise<void> {
    try {
      await replaceFile(file, JSON.stringify({ ...kept, done: [...kept.done] }))
    } catch (error) {
      log.error({ file, problem: messageOf(error) }, 'Which jobs are done cannot be written down')
    }
  }
}

function keysFor(action: Action, slotOf: (taskId: string) => string | undefined): string[] {
  switch (action.type) {
    case 'run':
    case 'replace':
      return [slotKey(action.task), `task ${action.task.id}`]
    case 'remove':
    case 'repair': {
      const slot = slotOf(action.taskId)
      return [...(slot === undefined ? [] : [slot]), `task ${action.taskId}`]
    }
    case 'removeStray':
      return [`container ${action.containerId}`]
    case 'session':
      return [`session ${action.sessionId}`]
  }
}

/** How a slot is named among the done jobs. */
export function slotKey({ stack, service, slot }: { stack: string; service: string; slot: number }): string {
  return `slot ${stack}/${service}.${slot}`
}

async function load(file: string, key: string, log: Log): Promise<Kept> {
  const empty: Kept = { version: 1, key, epoch: 0, done: new Map(), floor: BEFORE_ALL }
  try {
    const { version, key: kept, epoch, done, floor } = JSON.parse(await readFile(file, 'utf8'))
    if (version !== 1 || !Number.isInteger(epoch))
      throw new Error('its shape is not one that this agent knows')
    if (kept !== key) return empty
    return { version, key, epoch, done: new Map(done), floor: [Number(floor[0]), Number(floor[1])] }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return empty
    await rename(file, `${file}.damaged`)
    log.error({ file, problem: messageOf(error) }, 'The list of done jobs is damaged and was set aside')
    return empty
  }
}

function forgetOldest(kept: Kept): void {
  if (kept.done.size <= KEPT) return
  const sorted = [...kept.done].sort(([, a], [, b]) => compare(a, b))
  const forgotten = sorted.slice(0, sorted.length - KEPT / 2)
  kept.floor = forgotten.at(-1)?.[1] ?? kept.floor
  kept.done = new Map(sorted.slice(forgotten.length))
}

function compare(a: Place, b: Place): number {
  return a[0] - b[0] || a[1] - b[1]
}

function same(a: Place | undefined, b: Place): boolean {
  return a !== undefined && compare(a, b) === 0
}

function nameOf({ epoch, sequence }: Job): string {
  return `${epoch}/${sequence}`
}

function refused(why: string): SetpointError {
  return new SetpointError('JOB_REFUSED', `A job was refused: ${why}.`)
}

function late(deadline: string): SetpointError {
  return new SetpointError('DEADLINE_PASSED', `A job came too late: it was to begin before ${deadline}.`, {
    hint: 'If this happens often: are the clocks of controller and host in step?',
  })
}
