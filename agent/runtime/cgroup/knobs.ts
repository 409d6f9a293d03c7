import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Resources } from '../../../schemas/resources.ts'
import { type CgroupMode, fileOf } from './cgroup.ts'
import { cpuTimeOf, swapOf } from './limits.ts'

/** Puts the limits of memory, cores and processes in force; what `resources` leaves out is unlimited. */
export async function writeLimits(mode: CgroupMode, path: string, resources: Resources): Promise<void> {
  for (const { controller, file, value, isOptional } of knobs(mode, resources)) {
    const written = writeFile(join(fileOf(mode, controller, path), file), value)
    await (isOptional ? written.catch(absent) : written)
  }
}

interface Knob {
  controller: string
  file: string
  value: string
  /** Not every kernel has it. */
  isOptional?: true
}

function knobs(mode: CgroupMode, resources: Resources): Knob[] {
  const { memory, memoryReservation, pids } = resources
  const { quota, period } = cpuTimeOf(resources)
  const both = swapOf(resources)
  if (mode === 'v2') {
    const swap = memory === undefined || both === undefined || both === -1 ? 'max' : both - memory
    return [
      { controller: 'memory', file: 'memory.max', value: String(memory ?? 'max') },
      { controller: 'memory', file: 'memory.swap.max', value: String(swap), isOptional: true },
      { controller: 'memory', file: 'memory.low', value: String(memoryReservation ?? 0) },
      { controller: 'cpu', file: 'cpu.max', value: `${quota ?? 'max'} ${period}` },
      { controller: 'pids', file: 'pids.max', value: String(pids ?? 'max') },
    ]
  }
  const memsw = { controller: 'memory', file: 'memory.memsw.limit_in_bytes', isOptional: true } as const
  return [
    { ...memsw, value: '-1' }, // may never be less than the memory alone, so it makes room first
    { controller: 'memory', file: 'memory.limit_in_bytes', value: String(memory ?? -1) },
    { ...memsw, value: String(both ?? -1) },
    { controller: 'memory', file: 'memory.soft_limit_in_bytes', value: String(memoryReservation ?? -1) },
    { controller: 'cpu', file: 'cpu.cfs_period_us', value: String(period) },
    { controller: 'cpu', file: 'cpu.cfs_quota_us', value: String(quota ?? -1) },
    { controller: 'pids', file: 'pids.max', value: String(pids ?? 'max') },
  ]
}

/** ENODEV: the cgroup went meanwhile. */
function absent(error: NodeJS.ErrnoException): void {
  if (!['ENOENT', 'ENOTDIR', 'ENODEV'].includes(error.code ?? '')) throw error
}
