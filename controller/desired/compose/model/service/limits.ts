import { honoured, ignored, LATER, refused, TUNING } from '../../marks.ts'
import type { Key } from '../../shape.ts'
import { blkio } from '../blkio.ts'
import { boolean, integer, integerFrom, number, string } from '../common.ts'
import { size } from '../size.ts'
import { ulimits } from '../ulimits.ts'

const CPUS = 'use cpus'

/** What a service may use of the host; `deploy.resources` says the same for Swarm. */
export const limits: Record<string, Key> = {
  cpus: honoured(number, 'The most cores that each task uses, as in `0.5`.'),
  mem_limit: honoured(
    size,
    'The most memory that each task uses, as in `512m`; beyond it the task is ended.',
  ),
  mem_reservation: honoured(size, 'Memory that each task keeps when the host runs short of it.'),
  pids_limit: honoured(integer, 'The most processes and threads of each task; -1 is no limit.'),
  memswap_limit: ignored(
    size,
    'The most memory and swap together; -1 is no limit.',
    'swap is not limited on its own',
  ),
  mem_swappiness: ignored(size, 'How readily memory is swapped out, from 0 to 100.', TUNING),
  oom_kill_disable: ignored(boolean, 'The task is not ended when memory is short.', TUNING, false),
  oom_score_adj: ignored(
    integerFrom(-1000, 1000),
    'How soon the task is ended when memory is short, from -1000 (never) to 1000.',
    TUNING,
  ),
  cpu_count: refused(integerFrom(0), 'The number of cores, on Windows.', LATER, CPUS),
  cpu_percent: refused(integerFrom(0, 100), 'The share of the cores, on Windows.', LATER, CPUS),
  cpu_shares: ignored(integer, 'The share of the cores against other tasks.', TUNING),
  cpu_period: refused(integer, 'The period of the quota of core time, in microseconds.', LATER, CPUS),
  cpu_quota: refused(integer, 'The core time in each period, in microseconds.', LATER, CPUS),
  cpu_rt_period: refused(integer, 'The period of real-time scheduling, in microseconds.', LATER, CPUS),
  cpu_rt_runtime: refused(integer, 'The real-time core time in each period, in microseconds.', LATER, CPUS),
  cpuset: ignored(string, 'The cores that the task runs on, as in `0-3`.', TUNING),
  blkio_config: ignored(blkio, 'Limits on reading and writing block devices.', TUNING),
  ulimits: ignored(
    ulimits,
    'Limits of the kernel on each process, as in `nofile: 65536`.',
    'the limits are those of the agent',
  ),
}
