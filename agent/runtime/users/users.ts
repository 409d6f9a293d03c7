import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OWN_USERS } from '../../../schemas/isolation.ts'
import type { Task } from '../../../schemas/task.ts'
import type { Paths } from '../../paths.ts'
import { unable } from '../abilities.ts'
import { bindArgv, unmountArgv } from '../argv.ts'
import { run, succeed } from '../exec.ts'
import { explain } from '../explain.ts'
import { hold, isBound } from '../hold.ts'
import { claimRange, releaseRange } from './claims.ts'

/** The users of a container that has its own: uid and gid n in it are `first` + n on the host, for each n below OWN_USERS. */
export interface Users {
  first: number
  /** Where their namespace is bound. */
  path: string
}

/**
 * A task's own users: a range of ids of the host, and a namespace that maps them. Undefined when its service asks for
 * none. The namespace is there before all others, which belong to it, and outlives the runs of the task. Repeatable.
 * @throws SetpointError HOST_UNABLE when no range is left
 */
export async function openUsers(paths: Paths, task: Task): Promise<Users | undefined> {
  if (task.container.isolation?.users === undefined) return undefined
  const first = await claimRange(paths, task.id)
  const path = fileOf(paths, task.id)
  if (!isBound(path)) await make(path, { first, folder: paths.taskRun(task.id) })
  return { first, path }
}

/** Lets go of both. Repeatable. */
export async function closeUsers(paths: Paths, taskId: string): Promise<void> {
  const path = fileOf(paths, taskId)
  while (isBound(path)) {
    const { exitCode, stderr } = await run(unmountArgv(path))
    if (exitCode !== 0) throw explain(`the users of task ${taskId} cannot be let go of`, stderr)
  }
  await rm(path, { force: true })
  await releaseRange(paths, taskId)
}

/** user_namespaces(7): the map is written once, from outside, by who may be anybody. */
async function make(path: string, { first, folder }: { first: number; folder: string }): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(path, '')
  const held = await hold(['unshare', '--user']).catch(notGiven)
  try {
    for (const map of ['uid_map', 'gid_map'])
      await writeFile(`/proc/${held.pid}/${map}`, `0 ${first} ${OWN_USERS}\n`)
    await succeed(bindArgv(`/proc/${held.pid}/ns/user`, path))
  } finally {
    await held.end()
  }
}

/** The kernel says ENOSPC when there are as many as it lets be: no disk is full. */
function notGiven(cause: Error): never {
  if (!cause.message.includes('unshare failed')) throw cause
  throw unable(
    'userns_mode: auto needs a namespace of users, and the kernel of this host gives none',
    'Let it: `sysctl -w user.max_user_namespaces=10000`.',
    cause,
  )
}

const fileOf = (paths: Paths, taskId: string) => join(paths.taskRun(taskId), 'users')
