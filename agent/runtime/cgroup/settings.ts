import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Resources } from '../../../schemas/resources.ts'
import { readKernelFile } from '../../kernel-file.ts'
import type { CgroupMode } from './cgroup.ts'
import { swapOf } from './limits.ts'

/** Where the files of a controller are. */
export type FolderOf = (controller: string) => string

/**
 * The files of a cgroup in which a runtime sets what a service asks for beside memory, cores and processes, which
 * `Limits` tells. What is in them is compared with what they had when the container was made: how a weight of cgroup v1
 * becomes one of v2 is each runtime's own affair, and the kernel rounds.
 */
export function settingFiles(mode: CgroupMode, resources: Resources): string[] {
  const { cpuShares, cpuset, memoryReservation, swappiness, oomKillDisable } = resources
  const isUnified = mode === 'v2'
  const named: [isSet: boolean, unified: string, separate: string][] = [
    [cpuShares !== undefined, 'cpu.weight', 'cpu.shares'],
    [cpuset !== undefined, 'cpuset.cpus', 'cpuset.cpus'],
    [memoryReservation !== undefined, 'memory.low', 'memory.soft_limit_in_bytes'],
    [swapOf(resources) !== undefined, 'memory.swap.max', 'memory.memsw.limit_in_bytes'],
    [swappiness !== undefined && !isUnified, '', 'memory.swappiness'],
    [oomKillDisable === true && !isUnified, '', 'memory.oom_control'],
  ]
  const single = named
    .filter(([isSet]) => isSet)
    .map(([, unified, separate]) => (isUnified ? unified : separate))
  return [...single, ...(isUnified ? unifiedBlockFiles(resources) : separateBlockFiles(resources))]
}

/** cgroup-v2.rst §IO Interface Files; a kernel has one of the two weights, or both. */
function unifiedBlockFiles({ block }: Resources): string[] {
  if (!block) return []
  const { weight, weights, ...rates } = block
  const isShared = weight !== undefined || weights !== undefined
  return [
    ...(Object.keys(rates).length > 0 ? ['io.max'] : []),
    ...(isShared ? ['io.bfq.weight', 'io.weight'] : []),
  ]
}

/** cgroup-v1/blkio-controller.rst; the weights of a kernel with CFQ (before 5.0) have a name of their own. */
function separateBlockFiles({ block = {} }: Resources): string[] {
  const { readBytes, writeBytes, readOperations, writeOperations, weight, weights } = block
  const files: [setting: unknown, files: string[]][] = [
    [readBytes, ['blkio.throttle.read_bps_device']],
    [writeBytes, ['blkio.throttle.write_bps_device']],
    [readOperations, ['blkio.throttle.read_iops_device']],
    [writeOperations, ['blkio.throttle.write_iops_device']],
    [weight, ['blkio.weight', 'blkio.bfq.weight']],
    [weights, ['blkio.weight_device', 'blkio.bfq.weight_device']],
  ]
  return files.flatMap(([setting, names]) => (setting === undefined ? [] : names))
}

/** What the files have now: `file=line`, sorted. A file that this kernel does not have is left out. */
export function readSettings(folderOf: FolderOf, files: string[]): string[] {
  return files.flatMap((file) => linesOf(folderOf, file).map((line) => `${file}=${line}`)).sort()
}

/**
 * Puts the files back to what `readSettings` has told, while the processes run; a device that is told of in a file and was
 * not gets no limit. @throws the kernel's error, as EBUSY or EINVAL
 */
export function writeSettings(folderOf: FolderOf, wanted: string[]): void {
  const byFile = Map.groupBy(wanted.map(splitSetting), ([file]) => file)
  for (const [file, settings] of byFile) {
    const wanted = settings.map(([, line]) => line)
    for (const text of textsFor(file, { found: linesOf(folderOf, file), wanted })) {
      writeFileSync(pathOf(folderOf, file), text)
    }
  }
}

/** What is to be written into a file, one text after the other, to make the found lines the wanted ones. */
export function textsFor(file: string, { found, wanted }: { found: string[]; wanted: string[] }): string[] {
  const kept = new Set(wanted.map(deviceOf))
  const others = found.map(deviceOf).filter((device) => device && !kept.has(device))
  return [...others.map((device) => unlimited(file, device)), ...wanted.map(written)]
}

/** The files that settings are of. */
export function filesOfSettings(settings: string[]): string[] {
  return [...new Set(settings.map((setting) => splitSetting(setting)[0]))]
}

function splitSetting(setting: string): [file: string, line: string] {
  const [file = '', line = ''] = setting.split(/=(.*)/s)
  return [file, line]
}

function linesOf(folderOf: FolderOf, file: string): string[] {
  const lines = (readKernelFile(pathOf(folderOf, file)) ?? '').split('\n').filter(Boolean)
  // the other lines of memory.oom_control count what has happened
  return file === 'memory.oom_control' ? lines.filter((line) => line.startsWith(OOM_KILL_DISABLE)) : lines
}

const OOM_KILL_DISABLE = 'oom_kill_disable '

/** The device that a line is about, `8:0`; empty for all others. */
function deviceOf(line: string): string {
  return /^\d+:\d+/.exec(line)?.[0] ?? ''
}

/** What a line is written as: the same, but for `memory.oom_control`, which takes the number alone. */
function written(line: string): string {
  return line.startsWith(OOM_KILL_DISABLE) ? line.slice(OOM_KILL_DISABLE.length) : line
}

function unlimited(file: string, device: string): string {
  if (file === 'io.max') return `${device} rbps=max wbps=max riops=max wiops=max`
  return `${device} ${file.startsWith('blkio.throttle.') ? 0 : 'default'}`
}

function pathOf(folderOf: FolderOf, file: string): string {
  return join(folderOf(file.split('.', 1)[0] ?? ''), file)
}
