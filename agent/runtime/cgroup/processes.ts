import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gone } from '../../kernel-file.ts'
import { type CgroupMode, fileOf } from './cgroup.ts'

/** How deep groups of a container's own are followed, and how many there may be. */
const DEPTH = 8
const MOST = 1_000

/** The pids of all processes in a cgroup and in those that the container has made below it; none when it is gone. */
export async function cgroupProcesses(mode: CgroupMode, path: string): Promise<number[]> {
  const pids = new Set<number>()
  let folders = [fileOf(mode, 'pids', path)]
  let looked = 0
  for (let depth = 0; depth < DEPTH && folders.length > 0 && looked < MOST; depth += 1) {
    looked += folders.length
    const found = await Promise.all(folders.map(lookInto))
    for (const pid of found.flatMap((one) => one.pids)) pids.add(pid)
    folders = found.flatMap((one) => one.below)
  }
  return [...pids]
}

/** A threaded group of version 2 does not list its processes (EOPNOTSUPP): the group above does. */
async function lookInto(folder: string): Promise<{ pids: number[]; below: string[] }> {
  const [text, entries] = await Promise.all([
    readFile(join(folder, 'cgroup.procs'), 'utf8').catch(gone),
    readdir(folder, { withFileTypes: true }).catch(gone),
  ])
  return {
    pids: (text ?? '').split('\n').filter(Boolean).map(Number),
    below: (entries ?? []).filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name)),
  }
}
