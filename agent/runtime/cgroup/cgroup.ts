import { existsSync } from 'node:fs'
import { readdir, rmdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import { absent } from '../../disk.ts'
import { readKernelFile } from '../../kernel-file.ts'
import type { Limits, RuntimeInfo } from '../runtime.ts'

export type CgroupMode = RuntimeInfo['cgroup']

export const CGROUP_ROOT = '/sys/fs/cgroup'
export const UNIFIED = join(CGROUP_ROOT, 'unified')

/** linux/magic.h */
const CGROUP2_MAGIC = 0x63677270
const TMPFS_MAGIC = 0x01021994

/** Version 1 has no word for `unlimited`, only a number that is larger than any machine. */
const V1_UNLIMITED = 2 ** 60

/**
 * What is mounted at /sys/fs/cgroup, found out as crun does (by the file systems' magic numbers).
 * @throws SetpointError RUNTIME_MISSING when no cgroups are mounted
 */
export async function cgroupMode(): Promise<CgroupMode> {
  const type = await magicOf(CGROUP_ROOT)
  if (type === CGROUP2_MAGIC) return 'v2'
  if (type === TMPFS_MAGIC) return (await magicOf(UNIFIED)) === CGROUP2_MAGIC ? 'hybrid' : 'v1'
  throw new SetpointError('RUNTIME_MISSING', `No cgroups are mounted at ${CGROUP_ROOT}.`, {
    hint: `Mount them: \`mount -t cgroup2 cgroup2 ${CGROUP_ROOT}\`.`,
  })
}

/** A container's cgroup, under every hierarchy: `/setpoint/<instance>/<taskId>`. */
export function cgroupPath(instance: string, taskId: string): string {
  return `/setpoint/${instance}/${taskId}`
}

/** The limits in force, read from the kernel; undefined when there is no such cgroup. */
export function readLimits(mode: CgroupMode, path: string): Limits | undefined {
  const read = (controller: string, file: string) => readKnob(fileOf(mode, controller, path), file)
  if (mode === 'v2') {
    const [memory, cpu, pids] = [
      read('memory', 'memory.max'),
      read('cpu', 'cpu.max'),
      read('pids', 'pids.max'),
    ]
    if (memory === undefined && cpu === undefined && pids === undefined) return undefined
    const [quota, period] = (cpu ?? 'max').split(' ')
    return { memory: numberOf(memory), cpus: cpusOf(numberOf(quota), numberOf(period)), pids: numberOf(pids) }
  }
  const [memory, quota, period, pids] = [
    read('memory', 'memory.limit_in_bytes'),
    read('cpu', 'cpu.cfs_quota_us'),
    read('cpu', 'cpu.cfs_period_us'),
    read('pids', 'pids.max'),
  ]
  if (memory === undefined && quota === undefined && pids === undefined) return undefined
  return { memory: numberOf(memory), cpus: cpusOf(numberOf(quota), numberOf(period)), pids: numberOf(pids) }
}

/** How many processes of a cgroup the kernel has killed for want of memory. */
export function oomKills(mode: CgroupMode, path: string): number {
  const file = mode === 'v2' ? 'memory.events' : 'memory.oom_control'
  const text = readKnob(fileOf(mode, 'memory', path), file)
  return Number(/^oom_kill (\d+)$/m.exec(text ?? '')?.[1] ?? 0)
}

/** Removes a cgroup from every hierarchy when nothing is in it; one that is in use or gone is no error. */
export async function removeCgroup(mode: CgroupMode, path: string): Promise<void> {
  const hierarchies = mode === 'v2' ? [''] : await readdir(CGROUP_ROOT)
  await Promise.all(hierarchies.map((name) => rmdir(join(CGROUP_ROOT, name, path)).catch(inUseOrGone)))
}

/** True when the kernel counts swap for cgroups, so that a limit on it can be set. */
export async function countsSwap(mode: CgroupMode): Promise<boolean> {
  if (mode !== 'v2') {
    return readKnob(join(CGROUP_ROOT, 'memory'), 'memory.memsw.limit_in_bytes') !== undefined
  }
  return hasKnobBelow(['memory.swap.max'])
}

/** True when a cgroup below the root of v2 has one of the files, which the root itself never has. */
export async function hasKnobBelow(files: string[]): Promise<boolean> {
  const slices = (await readdir(CGROUP_ROOT, { withFileTypes: true })).filter((entry) => entry.isDirectory())
  return slices.some(({ name }) => files.some((file) => existsSync(join(CGROUP_ROOT, name, file))))
}

/** Where a cgroup stands under one controller. @param path from its root on, with a slash before it */
export function fileOf(mode: CgroupMode, controller: string, path: string): string {
  return mode === 'v2' ? `${CGROUP_ROOT}${path}` : `${CGROUP_ROOT}/${controller}${path}`
}

async function magicOf(path: string): Promise<number | undefined> {
  return (await statfs(path).catch(absent))?.type
}

function readKnob(folder: string, file: string): string | undefined {
  return readKernelFile(`${folder}/${file}`)?.trim()
}

function numberOf(text: string | undefined): number | null {
  if (text === undefined || text === 'max') return null
  const number = Number(text)
  return number < 0 || number >= V1_UNLIMITED ? null : number
}

function cpusOf(quota: number | null, period: number | null): number | null {
  return quota === null || period === null || period === 0 ? null : quota / period
}

function inUseOrGone(error: NodeJS.ErrnoException): void {
  if (!['ENOENT', 'ENOTDIR', 'EBUSY', 'ENOTEMPTY', 'EPERM', 'EROFS'].includes(error.code ?? '')) throw error
}
