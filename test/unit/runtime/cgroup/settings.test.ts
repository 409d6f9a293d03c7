import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type FolderOf,
  filesOfSettings,
  readSettings,
  settingFiles,
  textsFor,
  writeSettings,
} from '../../../../agent/runtime/cgroup/settings.ts'
import type { Resources } from '../../../../schemas/resources.ts'
import { removeTemporary, temporaryState } from '../../task/parts.ts'

describe('the files that a runtime sets', () => {
  const rate = [{ path: '/dev/sda', rate: 1 }]
  it.each<[Resources, v2: string[], v1: string[]]>([
    [{}, [], []],
    [{ cpus: 1, pids: 5 }, [], []],
    [{ memory: 4096 }, ['memory.swap.max'], ['memory.memsw.limit_in_bytes']],
    [{ cpuShares: 512 }, ['cpu.weight'], ['cpu.shares']],
    [{ cpuset: '0' }, ['cpuset.cpus'], ['cpuset.cpus']],
    [{ memoryReservation: 4096 }, ['memory.low'], ['memory.soft_limit_in_bytes']],
    [{ swappiness: 0 }, [], ['memory.swappiness']],
    [{ oomKillDisable: true }, [], ['memory.oom_control']],
    [{ block: { readBytes: rate } }, ['io.max'], ['blkio.throttle.read_bps_device']],
    [
      { block: { writeBytes: rate, readOperations: rate, writeOperations: rate } },
      ['io.max'],
      [
        'blkio.throttle.write_bps_device',
        'blkio.throttle.read_iops_device',
        'blkio.throttle.write_iops_device',
      ],
    ],
    [{ block: { weight: 300 } }, ['io.bfq.weight', 'io.weight'], ['blkio.weight', 'blkio.bfq.weight']],
    [
      { block: { weights: [{ path: '/dev/sda', weight: 10 }] } },
      ['io.bfq.weight', 'io.weight'],
      ['blkio.weight_device', 'blkio.bfq.weight_device'],
    ],
  ])('%j', (resources, v2, v1) => {
    expect(settingFiles('v2', resources)).toEqual(v2)
    expect(settingFiles('v1', resources)).toEqual(v1)
    expect(settingFiles('hybrid', resources)).toEqual(v1)
  })
})

describe('settings', () => {
  let root = ''
  beforeEach(() => {
    root = temporaryState()
  })
  afterEach(removeTemporary)

  const v2: FolderOf = () => root
  const v1: FolderOf = (controller) => join(root, controller)
  const put = (path: string, text: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const got = (path: string) => readFileSync(join(root, path), 'utf8')

  it('are what the files of cgroup v2 have, line by line', () => {
    put('cpu.weight', '20\n')
    put('io.max', '8:16 rbps=max wbps=5 riops=max wiops=max\n8:0 rbps=1 wbps=max riops=max wiops=max\n')
    put('memory.swap.max', 'max\n')
    const found = readSettings(v2, ['memory.swap.max', 'io.max', 'cpu.weight', 'io.weight'])
    expect(found).toEqual([
      'cpu.weight=20',
      'io.max=8:0 rbps=1 wbps=max riops=max wiops=max',
      'io.max=8:16 rbps=max wbps=5 riops=max wiops=max',
      'memory.swap.max=max',
    ])
    expect(filesOfSettings(found)).toEqual(['cpu.weight', 'io.max', 'memory.swap.max'])
  })

  it('are what the hierarchies of cgroup v1 have, without what the kernel counts', () => {
    put('cpu/cpu.shares', '512\n')
    put('memory/memory.oom_control', 'oom_kill_disable 1\nunder_oom 0\noom_kill 3\n')
    expect(readSettings(v1, ['memory.oom_control', 'cpu.shares', 'blkio.weight'])).toEqual([
      'cpu.shares=512',
      'memory.oom_control=oom_kill_disable 1',
    ])
  })

  it.each([
    [v2, 'cpu.weight', 'cpu.weight=20', '20'],
    [v2, 'io.weight', 'io.weight=default 300', 'default 300'],
    [v1, 'cpuset/cpuset.cpus', 'cpuset.cpus=0-1', '0-1'],
    [v1, 'memory/memory.oom_control', 'memory.oom_control=oom_kill_disable 1', '1'],
    [v1, 'blkio/blkio.throttle.read_bps_device', 'blkio.throttle.read_bps_device=8:0 7', '8:0 7'],
  ])('are written back as the kernel takes them (%s %s)', (folderOf, path, setting, text) => {
    put(path, 'something else\n')
    writeSettings(folderOf, [setting])
    expect(got(path)).toBe(text)
  })
})

it.each([
  ['io.max', '8:0 rbps=1 wbps=max riops=max wiops=max', '8:16 rbps=max wbps=max riops=max wiops=max'],
  ['io.bfq.weight', '8:0 300', '8:16 default'],
  ['blkio.throttle.write_iops_device', '8:0 7', '8:16 0'],
  ['blkio.bfq.weight_device', '8:0 300', '8:16 default'],
])('a device that had no limit in %s gets none again', (file, line, unlimited) => {
  expect(textsFor(file, { found: ['8:0 9', '8:16 9'], wanted: [line] })).toEqual([unlimited, line])
  expect(textsFor(file, { found: ['default 1', '8:0 9'], wanted: ['default 100', line] })).toEqual([
    'default 100',
    line,
  ])
})
