import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A setting of the cgroup that a process is in, as the kernel has it: a file of cgroup v2, and the one of v1 for it. */
export function knob(pid: number, v2: string, v1: string): string {
  return readFileSync(knobFile(pid, v2, v1), 'utf8').trim()
}

/** Changes one by hand. */
export function writeKnob(pid: number, [v2, v1]: [v2: string, v1: string], value: string): void {
  writeFileSync(knobFile(pid, v2, v1), value)
}

function knobFile(pid: number, v2: string, v1: string): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n')
  const [controller] = v1.split('.')
  const found = lines.find((line) => controller && line.split(':')[1]?.split(',').includes(controller))
  return found === undefined
    ? join('/sys/fs/cgroup', lines.find((line) => line.startsWith('0::'))?.slice(3) ?? '', v2)
    : join('/sys/fs/cgroup', controller ?? '', found.split(':')[2] ?? '', v1)
}

/** Whether the controllers of this machine are those of cgroup v2. */
export const IS_V2 = readFileSync('/proc/mounts', 'utf8').includes(' /sys/fs/cgroup cgroup2 ')
