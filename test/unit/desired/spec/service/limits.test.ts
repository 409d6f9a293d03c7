import { describe, expect, test } from 'vitest'
import type { ContainerSpec } from '../../../../../schemas/container.ts'
import { aService, problemsOf, serviceOf } from '../../support.ts'

const container = (lines: string): ContainerSpec => serviceOf(lines).container

describe('what a cgroup allows', () => {
  test.each<[string, object]>([
    ['cpu_quota: 50000', { cpus: 0.5 }],
    ['cpu_quota: 20000\ncpu_period: 40000', { cpus: 0.5, cpuPeriod: 40_000 }],
    ['cpu_quota: -1', {}],
    ['cpus: 0\nmem_limit: 0', {}],
    ['cpus: 0.01\nmem_limit: 6m', { cpus: 0.01, memory: 6 << 20 }],
    [
      'mem_reservation: 1k\ndeploy: {resources: {reservations: {cpus: 0.001}}}',
      { memoryReservation: 1024, cpuShares: 2 },
    ],
    ['cpu_shares: 0', {}],
    ['cpu_shares: 1', { cpuShares: 2 }],
    ['cpu_shares: 2048', { cpuShares: 2048 }],
    ['deploy: {resources: {reservations: {cpus: 1.5}}}', { cpuShares: 1536 }],
    ['cpu_shares: 7\ndeploy: {resources: {reservations: {cpus: 1.5}}}', { cpuShares: 7 }],
    ['cpuset: "0-1, 3"', { cpuset: '0-1,3' }],
    ['cpuset: ""', {}],
    ['mem_limit: 64m\nmemswap_limit: 128m', { memory: 1 << 26, memorySwap: 1 << 27 }],
    ['mem_limit: 64m\nmemswap_limit: -1', { memory: 1 << 26, memorySwap: -1 }],
    ['memswap_limit: 0', {}],
    ['mem_swappiness: 60', { swappiness: 60 }],
    ['mem_swappiness: 0', { swappiness: 0 }],
    ['oom_kill_disable: true', { oomKillDisable: true }],
    ['oom_kill_disable: false', {}],
    ['blkio_config: {weight: 300}', { block: { weight: 300 } }],
    ['blkio_config: {weight: 0}', {}],
    [
      'blkio_config: {device_read_bps: [{path: /dev/sdb, rate: 1mb}, {path: /dev/sda, rate: 2}]}',
      {
        block: {
          readBytes: [
            { path: '/dev/sda', rate: 2 },
            { path: '/dev/sdb', rate: 1 << 20 },
          ],
        },
      },
    ],
  ])('%s', (lines, wanted) => expect(container(lines).resources).toEqual(wanted))
})

describe('what each process is allowed', () => {
  test.each<[string, object | undefined]>([
    ['ulimits: {nofile: 1024}', { ulimits: { nofile: { soft: 1024, hard: 1024 } } }],
    ['ulimits: {core: {soft: 0, hard: -1}}', { ulimits: { core: { soft: 0, hard: -1 } } }],
    ['oom_score_adj: -500', { oomScoreAdj: -500 }],
    ['shm_size: 256m', { shmSize: 1 << 28 }],
    ['shm_size: 0', undefined],
    ['ulimits: {}', undefined],
  ])('%s', (lines, wanted) => expect(container(lines).limits).toEqual(wanted))
})

describe('limits that are wrong', () => {
  test.each([
    ['cpus: 0.001', '4:11 services.a.cpus: must be 0.01 or more, or 0 for no limit'],
    ['deploy: {resources: {limits: {cpus: "0.009"}}}', 'deploy.resources.limits.cpus: must be 0.01 or more'],
    ['mem_limit: 1k', '4:16 services.a.mem_limit: must be 6m or more, or 0 for no limit'],
    ['deploy: {resources: {limits: {memory: 5m}}}', 'deploy.resources.limits.memory: must be 6m or more'],
    ['cpu_shares: 300000', '4:17 services.a.cpu_shares: must be a number from 0 to 262144'],
    ['cpu_quota: 10', '4:16 services.a.cpu_quota: must be microseconds from 1000'],
    ['cpus: 1\ncpu_quota: 50000', '5:16 services.a.cpu_quota: is another form of cpus, which is set, too'],
    ['cpuset: 0-x', '4:13 services.a.cpuset: must be numbers of cores, as in 0-3 or 0,2'],
    ['cpuset: 3-1', '4:13 services.a.cpuset: must be numbers of cores'],
    ['memswap_limit: 64m', '4:20 services.a.memswap_limit: limits memory and swap together; set mem_limit'],
    [
      'mem_limit: 64m\nmemswap_limit: 32m',
      '5:20 services.a.memswap_limit: is memory and swap together, 33554432 bytes, but the memory alone has 67108864',
    ],
    ['mem_swappiness: 101', '4:21 services.a.mem_swappiness: must be a number from -1 to 100'],
    [
      'ulimits: {nofiles: 10}',
      '4:24 services.a.ulimits.nofiles: "nofiles" is no limit of the kernel; did you mean nofile?',
    ],
    [
      'ulimits: {nofile: {soft: 20, hard: 10}}',
      '4:23 services.a.ulimits.nofile: soft is 20, which is more than hard, 10',
    ],
    ['blkio_config: {weight: 5}', '4:28 services.a.blkio_config.weight: must be a weight from 10 to 1000'],
    [
      'blkio_config: {device_read_bps: [{path: sda, rate: 1}]}',
      '4:45 services.a.blkio_config.device_read_bps[0].path: must be the absolute path of a device',
    ],
    ['cpu_rt_runtime: 950000', '4:5 services.a.cpu_rt_runtime: cgroup v2 has no real-time groups'],
    ['cpu_count: 2', '4:5 services.a.cpu_count: for Windows containers only'],
  ])('%s', (lines, wanted) => {
    const [problem = ''] = problemsOf(aService(lines))
    expect(problem).toContain(wanted)
  })
})
