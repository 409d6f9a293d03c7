import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { VolumeUser } from '../../schemas/session/volumes.ts'
import type { Task } from '../../schemas/task.ts'
import { coalesce } from '../coalesce.ts'
import { replaceFile } from '../disk.ts'
import type { Paths } from '../paths.ts'
import { namesIn } from './mounted.ts'
import { volumesFolder } from './places.ts'
import { usersByVolume } from './users.ts'

/** Who used a volume last. */
export interface Use {
  stack: string
  /** ISO time at which nobody did any more; absent while somebody does. */
  unusedSince?: string
}

export type UseByVolume = Readonly<Record<string, Use>>

/** Remembers whose each volume with a name is, and since when no task uses it: for people, nothing is decided by it. */
export interface Uses {
  /** Takes note of the tasks that there are. */
  look(): void
  of(name: string): Use | undefined
  /** Resolves when what is known is on disk. */
  saved(): Promise<void>
}

export interface UsesOptions {
  paths: Pick<Paths, 'state'>
  tasks: () => Task[]
  log: Log
  now?: () => Date
}

/** Reads `<state>/volume-uses.json`; what of it has another shape is left out, be it all. */
export async function openUses({ paths, tasks, log, now = () => new Date() }: UsesOptions): Promise<Uses> {
  const file = join(paths.state, 'volume-uses.json')
  const folder = volumesFolder(paths)
  await rm(`${file}.tmp`, { force: true }) // an agent that was killed may have left it
  let uses = await load(file)
  let writing = Promise.resolve()
  const write = coalesce(save)
  return {
    look() {
      const next = nextUses(uses, usersByVolume(tasks(), folder), now())
      if (JSON.stringify(next) === JSON.stringify(uses)) return
      uses = next
      writing = write()
    },
    of: (name) => (Object.hasOwn(uses, name) ? uses[name] : undefined),
    saved: () => writing,
  }

  /** Not forced to the disk: nothing is lost but what people would like to know. */
  async function save(): Promise<void> {
    try {
      const there = new Set(await namesIn(folder))
      uses = withoutGone(uses, there)
      await replaceFile(file, JSON.stringify({ version: 1, volumes: uses }))
    } catch (error) {
      log.warn({ file, problem: messageOf(error) }, 'Who has used which volume cannot be written down')
    }
  }
}

/** What is known after a look at who uses what at this moment. */
export function nextUses(
  before: UseByVolume,
  users: ReadonlyMap<string, VolumeUser[]>,
  now: Date,
): UseByVolume {
  const left = Object.entries(before).map(([name, use]): [string, Use] => [
    name,
    { ...use, unusedSince: use.unusedSince ?? now.toISOString() },
  ])
  const used = [...users].map(([name, [first]]): [string, Use] => [name, { stack: first?.stack ?? '' }])
  return Object.fromEntries([...left, ...used])
}

/** Nobody asks for what is known of a volume that was removed. */
function withoutGone(uses: UseByVolume, there: ReadonlySet<string>): UseByVolume {
  return Object.fromEntries(
    Object.entries(uses).filter(([name, { unusedSince }]) => unusedSince === undefined || there.has(name)),
  )
}

async function load(file: string): Promise<UseByVolume> {
  try {
    const { version, volumes } = JSON.parse(await readFile(file, 'utf8'))
    return version === 1 ? Object.fromEntries(Object.entries<Use>(volumes).filter(isUse)) : {}
  } catch {
    return {}
  }
}

function isUse([, use]: [string, Partial<Use> | null]): boolean {
  return typeof use?.stack === 'string' && ['string', 'undefined'].includes(typeof use.unusedSince)
}
