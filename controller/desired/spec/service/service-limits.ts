import type { ProcessLimits, Resources } from '../../../../schemas/resources.ts'
import { fail, notice, within } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { valueAt } from '../../yaml/node.ts'
import type { ServiceDraft } from '../service.ts'
import { limits } from './deploy.ts'

const CPU_PERIOD = 100_000

/** What the cgroup of a service's container allows: its own keys, and over them those of `deploy.resources`. */
export function resourcesOf(service: ServiceDraft): Resources {
  const { cpu_shares, cpu_quota, cpu_period = CPU_PERIOD, deploy } = service
  const quota = cpu_quota === undefined ? undefined : cpu_quota / cpu_period
  const own = limits({
    cpus: service.cpus || quota,
    memory: service.mem_limit,
    reservation: service.mem_reservation,
    pids: service.pids_limit,
  })
  return {
    ...own,
    ...deploy?.resources,
    ...defined({
      cpuPeriod: quota === undefined || cpu_period === CPU_PERIOD ? undefined : cpu_period,
      cpuShares: cpu_shares ?? deploy?.resources?.cpuShares,
      cpuset: service.cpuset,
      memorySwap: service.memswap_limit,
      swappiness: service.mem_swappiness,
      oomKillDisable: service.oom_kill_disable ? (true as const) : undefined,
      block: service.blkio_config,
    }),
  }
}

/** What the kernel allows each of its processes; undefined when the file says nothing. */
export function processLimitsOf(service: ServiceDraft): ProcessLimits | undefined {
  const own: ProcessLimits = defined({
    ulimits: service.ulimits,
    oomScoreAdj: service.oom_score_adj,
    shmSize: service.shm_size || undefined,
  })
  return Object.keys(own).length > 0 ? own : undefined
}

/** What Docker refuses of limits that contradict each other. */
export function checkLimits(service: ServiceDraft): void {
  checkMemory(service)
  checkCores(service)
}

function checkMemory({ at, deploy, mem_limit, mem_reservation, memswap_limit }: ServiceDraft): void {
  const memory = deploy?.resources?.memory ?? mem_limit
  const reservation = deploy?.resources?.memoryReservation ?? mem_reservation
  if (memory && reservation && reservation > memory) {
    fail(at, `reserves ${reservation} bytes of memory but is limited to ${memory}`)
  }
  if (memswap_limit === undefined) return
  const place = within(at, 'memswap_limit')
  if (!memory) fail(place, 'limits memory and swap together; set mem_limit, too')
  else if (memswap_limit !== -1 && memswap_limit < memory) {
    fail(place, `is memory and swap together, ${memswap_limit} bytes, but the memory alone has ${memory}`)
  }
}

function checkCores({ at, cpus, deploy, cpu_quota, cpu_period }: ServiceDraft): void {
  const isLimited = Boolean(cpus || deploy?.resources?.cpus)
  if (isLimited && (cpu_quota !== undefined || cpu_period !== undefined)) {
    const key = cpu_quota === undefined ? 'cpu_period' : 'cpu_quota'
    fail(within(at, key), 'is another form of cpus, which is set, too; keep one')
  } else if (cpu_period !== undefined && cpu_quota === undefined && valueAt(at.node, 'cpu_period')) {
    notice(within(at, 'cpu_period'), 'accepted without effect: there is no cpu_quota to be measured over it')
  }
}
