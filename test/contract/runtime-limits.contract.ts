import { readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAbilities } from '../../agent/runtime/abilities.ts'
import { deviceNumber } from '../../agent/runtime/cgroup/block-devices.ts'
import type { ContainerSpec } from '../../schemas/container.ts'
import { IS_V2, knob, writeKnob } from '../support/knobs.ts'
import { type OciHost, refusalOf, running } from '../support/oci-host.ts'

const MEBIBYTE = 1024 * 1024

/** Every limit, read back from the kernel and from inside. */
export function limitsContract(name: string, open: () => Promise<OciHost>): void {
  describe(`${name}: limits`, () => {
    let host: OciHost
    beforeAll(async () => {
      host = await open()
    })
    afterAll(async () => {
      expect(await host.close()).toEqual([])
    })

    const refusal = (id: string, spec: Partial<ContainerSpec>) => refusalOf(host, id, { spec })

    it('sets cores by quota, weight and number', async () => {
      const resources = { cpus: 0.3, cpuPeriod: 50_000, cpuShares: 512, cpuset: '0' }
      const pid = await running(host, 'cores', { spec: { resources } })
      const quota = IS_V2
        ? knob(pid, 'cpu.max', '')
        : `${knob(pid, '', 'cpu.cfs_quota_us')} ${knob(pid, '', 'cpu.cfs_period_us')}`
      expect(quota).toBe('15000 50000')
      if (IS_V2) expect(Number(knob(pid, 'cpu.weight', ''))).toBeLessThan(100)
      else expect(knob(pid, '', 'cpu.shares')).toBe('512')
      expect(knob(pid, 'cpuset.cpus', 'cpuset.cpus')).toBe('0')
      expect(await host.inside('cores', 'grep Cpus_allowed_list /proc/self/status')).toBe(
        'Cpus_allowed_list:\t0\n',
      )
      expect((await host.runtime.limits('cores'))?.cpus).toBe(0.3)
    })

    it('reads what was set back from the kernel, finds what was changed since, and puts it right', async () => {
      const resources = {
        cpuShares: 512,
        cpuset: '0',
        memory: 32 * MEBIBYTE,
        memoryReservation: 16 * MEBIBYTE,
      }
      const pid = await running(host, 'settings', { spec: { resources } })
      const { runtime } = host
      const set = runtime.settings('settings', resources)
      expect(set).toContain('cpuset.cpus=0')
      expect(runtime.settingsNow('settings', set)).toEqual(set)
      writeKnob(pid, ['cpu.weight', 'cpu.shares'], '7')
      writeKnob(pid, ['memory.low', 'memory.soft_limit_in_bytes'], '4096')
      const now = runtime.settingsNow('settings', set)
      expect(now).not.toEqual(set)
      expect(now).toEqual(expect.arrayContaining([IS_V2 ? 'cpu.weight=7' : 'cpu.shares=7']))
      await runtime.setSettings('settings', set)
      expect(runtime.settingsNow('settings', set)).toEqual(set)
      expect(runtime.settings('gone', resources)).toEqual([])
      await expect(runtime.setSettings('gone', set)).rejects.toThrow(/limits of task gone cannot be set/)
    })

    it.runIf(!IS_V2)('puts the wait for memory of cgroup v1 right', async () => {
      const resources = { memory: 32 * MEBIBYTE, oomKillDisable: true as const }
      const pid = await running(host, 'waits', { spec: { resources } })
      const set = host.runtime.settings('waits', resources)
      expect(set).toContain('memory.oom_control=oom_kill_disable 1')
      writeKnob(pid, ['', 'memory.oom_control'], '0')
      expect(host.runtime.settingsNow('waits', set)).toContain('memory.oom_control=oom_kill_disable 0')
      await host.runtime.setSettings('waits', set)
      expect(host.runtime.settingsNow('waits', set)).toEqual(set)
    })

    it('sets memory, and memory and swap together', async ({ skip }) => {
      const memory = 32 * MEBIBYTE
      const resources = { memory, memoryReservation: 16 * MEBIBYTE, memorySwap: 40 * MEBIBYTE }
      const { countsSwap } = await readAbilities(host.choice.info.cgroup)
      if (!countsSwap) skip('this kernel counts no swap')
      const pid = await running(host, 'memory', { spec: { resources } })
      expect(knob(pid, 'memory.max', 'memory.limit_in_bytes')).toBe(String(memory))
      expect(knob(pid, 'memory.low', 'memory.soft_limit_in_bytes')).toBe(String(16 * MEBIBYTE))
      expect(knob(pid, 'memory.swap.max', 'memory.memsw.limit_in_bytes')).toBe(
        String((IS_V2 ? 8 : 40) * MEBIBYTE),
      )
      await host.runtime.setLimits('memory', { ...resources, memory: 36 * MEBIBYTE })
      expect(knob(pid, 'memory.swap.max', 'memory.memsw.limit_in_bytes')).toBe(
        String((IS_V2 ? 4 : 40) * MEBIBYTE),
      )
      const free = await running(host, 'swap', { spec: { resources: { memory, memorySwap: -1 } } })
      const unlimited = knob(free, 'memory.swap.max', 'memory.memsw.limit_in_bytes')
      expect(unlimited === 'max' || Number(unlimited) > 2 ** 60).toBe(true)
    })

    it('ends what takes more memory than it may, and tells why', async () => {
      const resources = { memory: 16 * MEBIBYTE, memorySwap: 16 * MEBIBYTE }
      const command = ['sh', '-c', 'exec tail /dev/zero']
      await running(host, 'greedy', { spec: { resources, command } })
      await expect
        .poll(() => host.runtime.exitOf('greedy'), { timeout: 20_000 })
        .toMatchObject({
          exitCode: 137,
          oomKilled: true,
        })
    })

    it.runIf(!IS_V2)('sets swappiness and the wait for memory on cgroup v1', async () => {
      const resources = { memory: 32 * MEBIBYTE, swappiness: 10, oomKillDisable: true as const }
      const pid = await running(host, 'v1', { spec: { resources } })
      expect(knob(pid, '', 'memory.swappiness')).toBe('10')
      expect(knob(pid, '', 'memory.oom_control')).toContain('oom_kill_disable 1')
    })

    it.runIf(IS_V2)('refuses what only cgroup v1 has', async () => {
      expect(await refusal('swappy', { resources: { swappiness: 10 } })).toMatch(
        /^HOST_UNABLE: Mem_swappiness cannot/,
      )
      expect(await refusal('waits', { resources: { oomKillDisable: true } })).toMatch(
        /^HOST_UNABLE: Oom_kill_disable/,
      )
    })

    it('tells what a container uses', async () => {
      const command = [
        'sh',
        '-c',
        'dd if=/dev/zero of=/dev/shm/x bs=1M count=8 2>/dev/null; while :; do :; done',
      ]
      const pid = await running(host, 'user', { spec: { command, resources: { memory: 64 * MEBIBYTE } } })
      const hasWritten = () => {
        const { cpuSeconds = 0, pids } = host.runtime.usage('user', pid) ?? {}
        return cpuSeconds > 0.1 && pids === 1
      }
      await expect.poll(hasWritten, { timeout: 20_000 }).toBe(true)
      const usage = host.runtime.usage('user', pid)
      expect(usage).toMatchObject({ memoryLimit: 64 * MEBIBYTE, pids: 1 })
      expect(usage?.memory).toBeGreaterThan(8 * MEBIBYTE)
      expect(usage?.memory).toBeLessThan(64 * MEBIBYTE)
      await host.runtime.purge('user')
      expect(host.runtime.usage('user', pid)).toBeUndefined()
    })

    it('limits processes', async () => {
      await running(host, 'forks', { spec: { resources: { pids: 40 } } })
      const fork = 'sleep 100 >/dev/null 2>&1 &' // lives on while a slow machine makes the others
      expect(await host.inside('forks', `i=0; while [ $i -lt 50 ]; do ${fork} i=$((i+1)); done`)).toMatch(
        /can't fork: Resource temporarily unavailable/,
      )
    })

    it('limits and shares block devices', async () => {
      const rate = [{ path: '/dev/vda', rate: 1_048_576 }]
      const disk = await stat('/dev/vda').catch(() => undefined)
      if (!disk?.isBlockDevice())
        return expect(await refusal('disk', { resources: { block: { readBytes: rate } } })).toMatch(/vda/)
      const { major, minor } = deviceNumber(disk.rdev)
      const abilities = await readAbilities(host.choice.info.cgroup)
      const weight = abilities.sharesBlockDevices ? { weight: 300 } : {}
      const block = { readBytes: rate, writeOperations: [{ path: '/dev/vda', rate: 77 }], ...weight }
      const pid = await running(host, 'disk', { spec: { resources: { block } } })
      if (IS_V2)
        expect(knob(pid, 'io.max', '')).toBe(`${major}:${minor} rbps=1048576 wbps=max riops=max wiops=77`)
      else {
        expect(knob(pid, '', 'blkio.throttle.read_bps_device')).toBe(`${major}:${minor} 1048576`)
        expect(knob(pid, '', 'blkio.throttle.write_iops_device')).toBe(`${major}:${minor} 77`)
        if (abilities.sharesBlockDevices) expect(knob(pid, '', 'blkio.bfq.weight')).toContain('300')
      }
      const set = host.runtime.settings('disk', { block })
      expect(set.join('\n')).toContain(`${major}:${minor} `)
      await host.runtime.setSettings(
        'disk',
        set.map((setting) => setting.replace('1048576', '4096')),
      )
      expect(host.runtime.settingsNow('disk', set).join('\n')).toContain('4096')
      await host.runtime.setSettings('disk', set)
      expect(host.runtime.settingsNow('disk', set)).toEqual(set)
      expect(
        await refusal('nodisk', { resources: { block: { readBytes: [{ path: '/dev/null', rate: 1 }] } } }),
      ).toBe(
        'HOST_UNABLE: Blkio_config names /dev/null, which is no block device. See `lsblk -p` for the block devices of the host.',
      )
    })

    it('sets ulimits, the oom score and the size of /dev/shm', async () => {
      const limits = {
        ulimits: { nofile: { soft: 100, hard: 200 }, core: { soft: 0, hard: -1 } },
        oomScoreAdj: 500,
        shmSize: 8 * MEBIBYTE,
      }
      const pid = await running(host, 'process', { spec: { limits } })
      expect(await host.inside('process', 'ulimit -Hn; ulimit -Hc')).toBe('200\nunlimited\n')
      // of the container's own process: runc 1.1 may leave the soft limit raised for itself in what it executes
      expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/^Max open files +100 +200 /m)
      expect(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8')).toBe('500\n')
      expect(await host.inside('process', 'grep " /dev/shm " /proc/mounts')).toContain('size=8192k')
    })

    it('says what this host may not give, before anything is made', async () => {
      const { hasSysResource, hardLimits } = await readAbilities(host.choice.info.cgroup)
      const beyond = { cpuset: '0,4095' }
      expect(await refusal('beyond', { resources: beyond })).toMatch(
        /^HOST_UNABLE: Cpuset asks for the cores 0,4095, but this host has \S+\. /,
      )
      if (hasSysResource) return
      const more = { soft: 10, hard: (hardLimits.nofile ?? 0) + 1 }
      expect(await refusal('more', { limits: { ulimits: { nofile: more } } })).toMatch(
        /^HOST_UNABLE: Ulimits asks for a hard nofile of \d+, but the agent has \d+ and may not raise it \(CAP_SYS_RESOURCE is missing\)\. Ask for at most/,
      )
      expect(await refusal('last', { limits: { oomScoreAdj: -999 } })).toMatch(
        /^HOST_UNABLE: Oom_score_adj asks for -999, but the agent has -?\d+ and may not go below it/,
      )
    })
  })
}
