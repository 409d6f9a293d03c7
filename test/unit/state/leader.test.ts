import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLeader, type Leader } from '../../../controller/state/leader.ts'
import { EPOCH } from '../../../controller/state/lease.ts'
import { LEADER } from '../../../schemas/wire.ts'
import { aLog } from '../../support/jobs.ts'
import { useRedis } from '../../support/redis.ts'

/** Long enough for a busy machine, short enough to wait for its end. */
const LEASE = 1_500

const redis = useRedis()
let folder: string
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leader-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await rm(folder, { recursive: true, force: true })
})

function open(id: string, lease = LEASE): Leader {
  const leader = createLeader({ redis: redis.url, folder: join(folder, id), id, log: aLog(), lease })
  closing.push(() => leader.release())
  return leader
}

async function leading(id: string, lease = LEASE): Promise<Leader> {
  const leader = open(id, lease)
  await leader.acquire()
  return leader
}

/** Resolves when the leadership next becomes as asked. */
function becomes(leader: Leader, leads: boolean): Promise<void> {
  return new Promise((resolve) => leader.onChange((now) => now === leads && resolve()))
}

describe('a leader', () => {
  it('leads at once when nobody does, with epoch 1, kept on disk and in Redis', async () => {
    const leader = await leading('a')
    expect([leader.isLeader(), leader.epoch()]).toEqual([true, 1])
    expect(await readFile(join(folder, 'a', 'epoch'), 'utf8')).toBe('1\n')
    expect(await redis.client.get(EPOCH)).toBe('1')
  })

  it('does not lead before, and says so', () => {
    const leader = open('a')
    expect(leader.isLeader()).toBe(false)
    expect(() => leader.epoch()).toThrow(expect.objectContaining({ code: 'NOT_LEADER' }))
  })

  it('keeps the lease longer than it lasts', async () => {
    const leader = await leading('a')
    const changes: boolean[] = []
    leader.onChange((leads) => changes.push(leads))
    await renewals(4)
    expect([leader.isLeader(), leader.epoch(), changes]).toEqual([true, 1, []])
  })

  it('hands over to a standby when it is released, with a higher epoch', async () => {
    const first = await leading('a')
    const second = open('b')
    const acquired = second.acquire()
    await first.release()
    await acquired
    expect([first.isLeader(), second.isLeader(), second.epoch()]).toEqual([false, true, 2])
    expect(() => first.epoch()).toThrow(expect.objectContaining({ code: 'NOT_LEADER' }))
  })

  it('lets a standby go that is released while it waits', async () => {
    await leading('a')
    const standby = open('b')
    const waiting = expect(standby.acquire()).rejects.toMatchObject({ code: 'NOT_LEADER' })
    await standby.release()
    await waiting
  })

  it('can be asked several times', async () => {
    const leader = open('a')
    await Promise.all([leader.acquire(), leader.acquire()])
    await leader.acquire()
    expect(leader.epoch()).toBe(1)
  })
})

describe('after a leader was killed', () => {
  const children: ChildProcess[] = []
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  async function aProcess(id: string, lease: number): Promise<{ epoch: number; kill(): Promise<void> }> {
    const script = join(import.meta.dirname, '../../support/leader-process.ts')
    const child = spawn(process.execPath, [script, redis.url, join(folder, id), id, String(lease)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data')
    return {
      epoch: Number(line),
      kill: async () => {
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      },
    }
  }

  it('another takes over once the lease has run out, with a higher epoch', async () => {
    const killed = await aProcess('a', LEASE)
    const standby = open('b')
    let acquired = false
    const waiting = standby.acquire().then(() => {
      acquired = true
    })
    await untilFile(join(folder, 'b', 'epoch'), `${killed.epoch}\n`)
    expect(acquired).toBe(false)
    await killed.kill()
    await waiting
    expect(standby.epoch()).toBeGreaterThan(killed.epoch)
  })

  it('the same controller goes on at its next start without waiting for the lease', async () => {
    const killed = await aProcess('a', 3_600_000)
    await killed.kill()
    const again = await leading('a', 3_600_000)
    expect(again.epoch()).toBe(killed.epoch + 1)
  })
})

describe('two with the same id', () => {
  it('do not take the lease from each other for ever, and never lead with the same epoch', async () => {
    const first = await leading('a')
    const lost = becomes(first, false)
    const second = await leading('a')
    await lost
    expect(second.epoch()).toBe(2)
    const holder = await redis.client.get(LEADER)
    await renewals(3)
    expect([first.isLeader(), second.isLeader(), await redis.client.get(LEADER)]).toEqual([
      false,
      true,
      holder,
    ])
  })
})

describe('Redis is disposable', () => {
  it('a flush makes the leader take the lease anew with a higher epoch', async () => {
    const leader = await leading('a')
    const lost = becomes(leader, false)
    await redis.flush()
    await lost
    await leader.acquire()
    expect(leader.epoch()).toBe(2)
  })

  it('a standby that takes over in a flushed Redis goes on from the epochs that it has seen', async () => {
    for (let n = 0; n < 3; n++) await (await leading('a')).release()
    const first = await leading('a')
    const standby = open('b')
    const waiting = standby.acquire()
    await untilFile(join(folder, 'b', 'epoch'), '4\n')
    await Promise.all([first.release(), redis.flush()])
    await waiting
    expect(standby.epoch()).toBe(5)
  })

  it('a leader whose Redis is gone stops leading by itself, and leads again in an empty one', async () => {
    const leader = await leading('a')
    const lost = becomes(leader, false)
    await redis.kill()
    await lost
    expect(leader.isLeader()).toBe(false)
    await redis.restart()
    await leader.acquire()
    expect(leader.epoch()).toBe(2)
  })

  it('a leader whose Redis hangs stops leading by itself', async () => {
    const leader = await leading('a')
    const lost = becomes(leader, false)
    redis.pause()
    try {
      await lost
      expect(() => leader.epoch()).toThrow(expect.objectContaining({ code: 'NOT_LEADER' }))
    } finally {
      redis.resume()
    }
    await leader.acquire()
    expect(leader.epoch()).toBe(2)
  })

  it('a leader and a standby can be released while it is away', async () => {
    const leader = await leading('a', 60_000)
    await redis.kill()
    const standby = open('b', 60_000)
    const waiting = expect(standby.acquire()).rejects.toMatchObject({ code: 'NOT_LEADER' })
    await Promise.all([leader.release(), standby.release(), waiting])
    await redis.restart()
  })

  it('is waited for at the start', async () => {
    await redis.kill()
    const waiting = leading('a')
    await redis.restart()
    expect((await waiting).epoch()).toBe(1)
  })

  it.each(['garbage', '-5', '1e300', '1.5'])('a counter of %s is not believed', async (counter) => {
    await redis.client.set(EPOCH, counter)
    expect((await leading('a')).epoch()).toBe(1)
  })
})

describe('the epoch on disk', () => {
  it('counts on when Redis knows less', async () => {
    await (await leading('a')).release()
    await writeFile(join(folder, 'a', 'epoch'), '41\n')
    expect((await leading('a')).epoch()).toBe(42)
  })

  it('counts on from Redis when it is damaged', async () => {
    await (await leading('a')).release()
    await writeFile(join(folder, 'a', 'epoch'), 'x')
    expect((await leading('a')).epoch()).toBe(2)
  })

  it('keeps a controller from leading while it cannot be written', async () => {
    await writeFile(join(folder, 'a'), 'a file in the place of the folder')
    const leader = open('a')
    const waiting = leader.acquire()
    await redis.client.ping()
    expect(leader.isLeader()).toBe(false)
    await rm(join(folder, 'a'))
    await waiting
    expect(await readFile(join(folder, 'a', 'epoch'), 'utf8')).toBe(`${leader.epoch()}\n`)
  })
})

async function untilFile(path: string, content: string): Promise<void> {
  while ((await readFile(path, 'utf8').catch(() => '')) !== content) await redis.client.ping()
}

/** Resolves once the lease has been renewed so many times. */
async function renewals(count: number): Promise<void> {
  for (let left = count, before = LEASE; left > 0; ) {
    const now = await redis.client.pttl(LEADER)
    if (now > before) left--
    before = now
  }
}
