import { once } from 'node:events'
import { existsSync, mkdirSync, watch } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { layoutOf } from '../../../../controller/cli/up/layout.ts'
import { livingProcess } from '../../../../controller/cli/up/pid-file.ts'
import { redisArgv, redisReady } from '../../../../controller/cli/up/redis.ts'
import { describeExit, runToEnd } from '../../../../controller/cli/up/spawn.ts'
import {
  backOff,
  type ServiceSpec,
  type Supervised,
  supervise,
} from '../../../../controller/cli/up/supervise.ts'

let folder: string
const running: Supervised[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-up-'))
})

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop(1_000)))
  await rm(folder, { recursive: true })
})

function spec(argv: string[], name = 'thing'): ServiceSpec {
  return {
    name,
    argv,
    env: process.env,
    pidFile: join(folder, `${name}.pid`),
    words: join(folder, `${name}.stderr`),
  }
}

function start(argv: string[], tell: (line: string) => void = () => {}): Supervised {
  const service = supervise(spec(argv), tell)
  running.push(service)
  return service
}

const pid = () => livingProcess(join(folder, 'thing.pid'))?.pid

describe('a supervised process', () => {
  it('that ends while it starts is not started again, and leaves its last words', async () => {
    const service = start([process.execPath, '-e', 'console.error("setpoint: no"); process.exit(3)'])
    expect(describeExit(await service.failed)).toBe('exit code 3')
    expect(await readFile(join(folder, 'thing.stderr'), 'utf8')).toBe('setpoint: no\n')
  })

  it('that cannot be started says why', async () => {
    expect(describeExit(await start(['/nonexistent/program']).failed)).toContain('ENOENT')
  })

  it('is started again when it is killed, is told of once, and is gone after stop', async () => {
    const told: string[] = []
    const service = start([process.execPath, '-e', 'setInterval(() => {}, 1000)'], (line) => told.push(line))
    service.settle()
    const first = await newPid(undefined)
    process.kill(first, 'SIGKILL')
    const second = await newPid(first)
    process.kill(second, 'SIGKILL')
    await newPid(second)
    expect(told).toEqual([expect.stringMatching(/^thing ended \(killed by SIGKILL\) and is started again/)])
    await service.stop(5_000)
    expect(pid()).toBeUndefined()
  })

  it('is killed when it does not end in time', async () => {
    const service = start([
      process.execPath,
      '-e',
      `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); require('fs').writeFileSync(${JSON.stringify(join(folder, 'shielded'))}, '')`,
    ])
    const started = await newPid(undefined)
    await appears('shielded')
    await service.stop(100)
    expect(() => process.kill(started, 0)).toThrow(/ESRCH/)
  })

  it('waits longer after each failure, up to ten seconds', () => {
    expect([1, 2, 3, 6, 7, 50].map(backOff)).toEqual([200, 400, 800, 6_400, 10_000, 10_000])
  })

  async function newPid(old: number | undefined): Promise<number> {
    const found = pid()
    if (found !== undefined && found !== old) return found
    await change()
    return newPid(old)
  }

  async function appears(name: string): Promise<void> {
    while (!existsSync(join(folder, name))) await change()
  }

  /** Something in the folder changes; what changed just before is seen too, a little later. */
  async function change(): Promise<void> {
    const watcher = watch(folder)
    const timer = setTimeout(() => watcher.emit('change'), 100)
    await once(watcher, 'change')
    clearTimeout(timer)
    watcher.close()
  }
})

describe('the private Redis', () => {
  it('answers on its socket, and on no port', async () => {
    const layout = layoutOf(folder)
    for (const name of ['redis', 'logs']) mkdirSync(join(folder, name))
    const service = start(redisArgv(layout))
    await redisReady(layout.redisSocket, AbortSignal.timeout(10_000))
    const redis = (...argv: string[]) => answer(['redis-cli', '-s', layout.redisSocket, ...argv])
    expect(await redis('config', 'get', 'port')).toEqual(['port', '0'])
    expect(await redis('config', 'get', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction'])
    expect(await redis('config', 'get', 'appendonly')).toEqual(['appendonly', 'yes'])
    await service.stop(5_000)
  })

  it('is given up when nobody wants it any more', async () => {
    await expect(redisReady(join(folder, 'nothing.sock'), AbortSignal.abort())).rejects.toThrow(/abort/)
  })
})

async function answer(argv: string[]): Promise<string[]> {
  const lines: string[] = []
  await runToEnd(argv, { out: (line) => lines.push(line), err: () => {}, deadline: 5_000 })
  return lines
}
