import { honoured, refused } from '../../marks.ts'
import type { Key } from '../../shape.ts'
import { blkio } from '../blkio.ts'
import { boolean, integer, integerFrom, number, string } from '../common.ts'
import { size } from '../size.ts'
import { ulimits } from '../ulimits.ts'

const CPUS = 'use cpus'
const CPU_SHARES =
  'use cpu_shares or cpuset, and cap_add: [SYS_NICE] for a process that sets its own priority'
const WINDOWS = 'for Windows containers only'
const REALTIME = 'cgroup v2 has no real-time groups'

/** What a service may use of the host; `deploy.resources` says the same for Swarm. */
export const limits: Record<string, Key> = {
  cpus: honoured(number, 'The most cores that each task uses, as in `0.5`.'),
  mem_limit: honoured(
    size,
    'The most memory that each task uses, as in `512m`; beyond it the task is ended.',
  ),
  mem_reservation: honoured(size, 'Memory that each task keeps when the host runs short of it.'),
  pids_limit: honoured(integer, 'The most processes and threads of each task; -1 is no limit.'),
  memswap_limit: honoured(
    size,
    'The most memory and swap together; needs `mem_limit`. By default twice that; -1 is no limit.',
  ),
  mem_swappiness: honoured(
    size,
    'How readily memory is swapped out, from 0 to 100; a host with cgroup v2 cannot do it and refuses the task.',
  ),
  oom_kill_disable: honoured(
    boolean,
    'The task waits for memory in place of being ended; a host with cgroup v2 cannot do it and refuses the task.',
  ),
  oom_score_adj: honoured(
    integerFrom(-1000, 1000),
    'How soon the task is ended when memory is short, from -1000 (never) to 1000.',
  ),
  cpu_count: refused(integerFrom(0), 'The number of cores, on Windows.', {
    reason: WINDOWS,
    instead: CPUS,
    usual: [0],
  }),
  cpu_percent: refused(integerFrom(0, 100), 'The share of the cores, on Windows.', {
    reason: WINDOWS,
    instead: CPUS,
    usual: [0],
  }),
  cpu_shares: honoured(integer, 'The weight against other tasks when cores are short; by default 1024.'),
  cpu_period: honoured(
    integer,
    'The time over which `cpu_quota` is measured, in microseconds; by default 100000.',
  ),
  cpu_quota: honoured(
    integer,
    'The core time in each `cpu_period`, in microseconds; another form of `cpus`.',
  ),
  cpu_rt_period: refused(integer, 'The period of real-time scheduling, in microseconds.', {
    reason: REALTIME,
    instead: CPU_SHARES,
    usual: [0],
  }),
  cpu_rt_runtime: refused(integer, 'The real-time core time in each period, in microseconds.', {
    reason: REALTIME,
    instead: CPU_SHARES,
    usual: [0],
  }),
  cpuset: honoured(string, 'The cores that the task runs on, as in `0-3` or `0,2`.'),
  blkio_config: honoured(blkio, 'Shares and limits of reading and writing block devices.'),
  ulimits: honoured(ulimits, 'Limits of the kernel on each process, as in `nofile: 65536`.'),
}
