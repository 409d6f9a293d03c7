import { readlinkSync } from 'node:fs'
import type { Usage } from '../../../schemas/usage.ts'
import { readKernelFile } from '../../kernel-file.ts'
import { type CgroupMode, fileOf } from './cgroup.ts'

/** cgroup v1 has no word for `unlimited`, only a number that is larger than any machine. */
const UNLIMITED = 2 ** 60

/** What a container uses now; undefined when it has gone. Some microseconds: the kernel makes each file as it is read. */
export function readUsage(
  mode: CgroupMode,
  { cgroup, pid }: { cgroup: string; pid: number },
): Usage | undefined {
  const read = (controller: string, file: string) =>
    readKernelFile(`${fileOf(mode, controller, cgroup)}/${file}`)?.trim()
  const counted = mode === 'v2' ? unifiedUsage(read) : separateUsage(read)
  return counted && { ...counted, ...networkUsage(pid) }
}

type Read = (controller: string, file: string) => string | undefined

/** cgroup-v2.rst: cpu.stat, memory.current, io.stat, pids.current and the files of pressure. */
function unifiedUsage(read: Read): Usage | undefined {
  const [cpu, memory] = [read('cpu', 'cpu.stat'), read('memory', 'memory.current')]
  if (cpu === undefined || memory === undefined) return undefined
  const pressure = {
    ...pressureOf('cpu', read('cpu', 'cpu.pressure')),
    ...pressureOf('memory', read('memory', 'memory.pressure')),
    ...pressureOf('io', read('io', 'io.pressure')),
  }
  return {
    cpuSeconds: valueIn(cpu, 'usage_usec') / 1e6,
    memory: withoutCache(Number(memory), valueIn(read('memory', 'memory.stat'), 'inactive_file')),
    ...limitOf(read('memory', 'memory.max')),
    pids: Number(read('pids', 'pids.current') ?? 0),
    ...unifiedIo(read('io', 'io.stat')),
    ...(Object.keys(pressure).length > 0 && { pressure }),
  }
}

/** cgroup-v1: cpuacct.usage in nanoseconds, memory.usage_in_bytes, blkio.throttle.io_service_bytes, pids.current. */
function separateUsage(read: Read): Usage | undefined {
  const [cpu, memory] = [read('cpuacct', 'cpuacct.usage'), read('memory', 'memory.usage_in_bytes')]
  if (cpu === undefined || memory === undefined) return undefined
  return {
    cpuSeconds: Number(cpu) / 1e9,
    memory: withoutCache(Number(memory), valueIn(read('memory', 'memory.stat'), 'total_inactive_file')),
    ...limitOf(read('memory', 'memory.limit_in_bytes')),
    pids: Number(read('pids', 'pids.current') ?? 0),
    ...separateIo(read('blkio', 'blkio.throttle.io_service_bytes_recursive')),
  }
}

/** docker stats: the usage without `inactive_file`, unless that is more. */
function withoutCache(usage: number, cache: number): number {
  return cache < usage ? usage - cache : usage
}

function limitOf(text: string | undefined): Pick<Usage, 'memoryLimit'> {
  const limit = Number(text)
  return Number.isNaN(limit) || limit >= UNLIMITED ? {} : { memoryLimit: limit }
}

/** `8:0 rbytes=1 wbytes=2 …`, a line for each device. */
export function unifiedIo(text: string | undefined): Pick<Usage, 'read' | 'written'> {
  if (text === undefined) return {}
  const total = (name: string) =>
    sum([...text.matchAll(new RegExp(`\\b${name}=(\\d+)`, 'g'))].map(([, value]) => value))
  return { read: total('rbytes'), written: total('wbytes') }
}

/** `8:0 Read 1`, a line for each device and kind. */
export function separateIo(text: string | undefined): Pick<Usage, 'read' | 'written'> {
  if (text === undefined) return {}
  const total = (kind: string) =>
    sum([...text.matchAll(new RegExp(` ${kind} (\\d+)$`, 'gm'))].map(([, value]) => value))
  return { read: total('Read'), written: total('Write') }
}

/** `some avg10=1.50 avg60=…`: a percentage. */
export function pressureOf(name: 'cpu' | 'memory' | 'io', text: string | undefined): Usage['pressure'] {
  const average = /^some avg10=([\d.]+)/m.exec(text ?? '')?.[1]
  return average === undefined ? {} : { [name]: Number(average) / 100 }
}

/** The network namespace of this process, which never leaves it. */
let own: string | undefined

/** The counters of the container's network, which its process shows without anybody entering it. */
function networkUsage(pid: number): Pick<Usage, 'received' | 'sent'> {
  own ??= namespaceOf('self')
  if (namespaceOf(pid) === own) return {}
  return sumOfInterfaces(readKernelFile(`/proc/${pid}/net/dev`))
}

/** proc(5) §/proc/net/dev: received bytes are the first number, sent ones the ninth. */
export function sumOfInterfaces(text: string | undefined): Pick<Usage, 'received' | 'sent'> {
  if (text === undefined) return {}
  const rows = [...text.matchAll(/^\s*(\S+):\s*(.+)$/gm)].filter(([, name]) => name !== 'lo')
  const column = (index: number) => sum(rows.map(([, , numbers = '']) => numbers.trim().split(/\s+/)[index]))
  return { received: column(0), sent: column(8) }
}

function namespaceOf(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return undefined // it has ended
  }
}

function valueIn(text: string | undefined, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1] ?? 0)
}

function sum(texts: (string | undefined)[]): number {
  return texts.reduce((total, text) => total + Number(text ?? 0), 0)
}
