import { chmod, cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createContents } from '../../agent/content/create.ts'
import { createFetch } from '../../agent/content/fetch.ts'
import { createDelivery, type Delivery } from '../../controller/delivery/delivery.ts'
import type { ContentMount } from '../../schemas/content.ts'
import { CONTENT_PIECE, contentKey } from '../../schemas/wire.ts'
import { aLog } from '../support/jobs.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { aFile, aPack, describeContents, mounting } from './contents.contract.ts'

let redis: TestRedis
let folder: string
let packs: Map<string, Buffer>
/** What the controller has, and how it brings it. */
const held = new Map<string, Buffer>()
let delivery: Delivery | undefined

beforeAll(async () => {
  redis = await startRedis()
  folder = await mkdtemp(join(tmpdir(), 'contents-'))
})
afterAll(async () => {
  await delivery?.close()
  await redis.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  packs = new Map()
  held.clear()
  await redis.flush()
})

async function aState(): Promise<string> {
  return mkdtemp(join(folder, 'state-'))
}

/** An agent's content that is fetched from what the test has delivered. */
function opened(state: string) {
  const fetched: string[] = []
  const fetch = async (key: string) => {
    fetched.push(key)
    return packs.get(key)
  }
  const log = aLog()
  return { contents: createContents({ paths: { state }, fetch, log }), fetched, log, state }
}

describeContents('content on the disk of an agent', async () => ({
  contents: opened(await aState()).contents,
  deliver: (digest, bytes) => void packs.set(contentKey(digest), bytes),
}))

describeContents('content on the disk of an agent, through Redis', async () => {
  delivery ??= createDelivery({
    redis: redis.url,
    log: aLog(),
    store: { read: async (digest) => held.get(digest) },
  })
  const { deliver } = delivery
  const fetch = createFetch(redis.url)
  const contents = createContents({ paths: { state: await aState() }, log: aLog(), fetch })
  return {
    contents: {
      ...contents,
      resolve: async (task) => {
        const wanted = (task.container.contents ?? []).filter(({ digest }) => held.has(digest))
        await deliver([{ host: task.host, contents: wanted }], true)
        return contents.resolve(task)
      },
    },
    deliver: (digest, bytes) => void held.set(digest, bytes),
  }
})

const TREE = [aFile('conf/a', 'one'), aFile('run', '#!', 'executable'), aFile('link', '/etc', 'symlink')]

/** A tree that an agent has, and where. */
async function there(given = TREE) {
  const { digest, bytes } = aPack(...given)
  packs.set(contentKey(digest), bytes)
  const agent = opened(await aState())
  const [mount] = await agent.contents.resolve(mounting({ digest }))
  return { ...agent, digest, bytes, source: mount?.source ?? '' }
}

describe('the store of an agent', () => {
  it('has trees as they are in Git, root’s and readable for all; symlinks are kept, not followed', async () => {
    const { source } = await there()
    const modes = await Promise.all(['', 'conf', 'conf/a', 'run'].map((path) => stat(join(source, path))))
    expect(modes.map(({ uid, mode }) => [uid, (mode & 0o7777).toString(8)])).toEqual([
      [0, '755'],
      [0, '755'],
      [0, '644'],
      [0, '755'],
    ])
    expect(await readlink(join(source, 'link'))).toBe('/etc')
  })

  it('asks nobody twice, also after a restart', async () => {
    const { state, digest, fetched, contents, source } = await there()
    await contents.resolve(mounting({ digest }))
    const again = opened(state)
    expect(await again.contents.resolve(mounting({ digest }))).toMatchObject([{ source }])
    expect([...fetched, ...again.fetched]).toHaveLength(1)
  })

  it('makes what several tasks want at once only once', async () => {
    const { digest, bytes } = aPack(...TREE)
    packs.set(contentKey(digest), bytes)
    const { contents, fetched } = opened(await aState())
    await Promise.all(Array.from({ length: 8 }, () => contents.resolve(mounting({ digest }))))
    expect(fetched).toHaveLength(1)
  })

  it.each<[string, (root: string) => Promise<void>]>([
    ['a file that was written to', (root) => writeFile(join(root, 'conf/a'), 'ONE')],
    ['a mode', (root) => chmod(join(root, 'conf/a'), 0o666)],
    ['a new file', (root) => writeFile(join(root, 'conf/new'), '')],
    ['a file that is gone', (root) => rm(join(root, 'run'))],
    ['a new folder', (root) => mkdir(join(root, 'conf/new'))],
  ])(
    'notices %s, tells of it and makes it again; who has it mounted sees what he saw',
    async (_what, change) => {
      const { contents, digest, source, log, state } = await there()
      await change(source)
      const [mount] = await contents.resolve(mounting({ digest }))
      expect(await readFile(join(mount?.source ?? '', 'conf/a'), 'utf8')).toBe('one')
      expect((await stat(join(mount?.source ?? '', 'conf/a'))).mode & 0o777).toBe(0o644)
      expect((await readdir(join(mount?.source ?? '', 'conf'))).sort()).toEqual(['a'])
      expect(log.lines.filter((line) => line.startsWith('warn'))).toEqual([
        'warn Content was changed on this host by somebody else; it is made again',
      ])
      expect((await readdir(join(state, 'contents'))).sort()).toEqual([
        expect.stringMatching(/^\.changed-/),
        digest,
      ])
    },
  )

  it('needs nobody for a state folder that comes from a backup', async () => {
    const { state, digest } = await there()
    const restored = await aState()
    await cp(state, restored, { recursive: true, verbatimSymlinks: true })
    packs.clear()
    const { contents } = opened(restored)
    const [mount] = await contents.resolve(mounting({ digest }))
    expect(await readFile(join(mount?.source ?? '', 'conf/a'), 'utf8')).toBe('one')
  })

  it.each(['root', 'stamp'])('makes it again when somebody has removed its %s', async (part) => {
    const { contents, digest, source } = await there()
    await rm(join(source, '..', part), { recursive: true })
    const [mount] = await contents.resolve(mounting({ digest }))
    expect(await readFile(join(mount?.source ?? '', 'conf/a'), 'utf8')).toBe('one')
  })

  it('takes no half for a whole: what a killed agent was making is made again, and removed', async () => {
    const { state, digest, source } = await there()
    const half = join(state, 'contents', `.new-${digest}-killed`)
    await cp(join(source, 'conf'), half, { recursive: true })
    await rm(join(state, 'contents', digest), { recursive: true })
    const { contents } = opened(state)
    await contents.resolve(mounting({ digest }))
    await contents.release(() => true)
    expect(await readdir(join(state, 'contents'))).toEqual([digest])
  })

  it('removes what no task uses, and what was moved aside with it', async () => {
    const { contents, digest, source, state } = await there()
    await writeFile(join(source, 'run'), '')
    await contents.resolve(mounting({ digest }))
    await contents.release((used) => used === digest)
    expect(await readdir(join(state, 'contents'))).toHaveLength(2)
    await Promise.all([contents.release(() => false), contents.release(() => false)])
    expect(await readdir(join(state, 'contents'))).toEqual([])
  })
})

describe('delivery', () => {
  const store = { read: async (digest: string) => packs.get(digest) }
  const need = (digest: string): { host: string; contents: ContentMount[] } => ({
    ...{ host: 'one', contents: [{ kind: 'config', target: '/c', digest }] },
  })

  it('brings over what is larger than a piece, byte for byte', async () => {
    const { digest, bytes } = aPack(aFile('large', 'x'.repeat(2 * CONTENT_PIECE)))
    packs.set(digest, bytes)
    const delivery = createDelivery({ redis: redis.url, store, log: aLog() })
    await delivery.deliver([need(digest)])
    expect(await createFetch(redis.url)(contentKey(digest), bytes.length)).toEqual(bytes)
    expect(await redis.client.strlen(contentKey(digest))).toBe(bytes.length)
    expect(await redis.client.keys('*')).toEqual([contentKey(digest)])
    await delivery.close()
  })

  it('leaves what is there for a while longer, unless it is to be put there anew', async () => {
    const { digest, bytes } = aPack(aFile('a', 'b'))
    packs.set(digest, bytes)
    const delivery = createDelivery({ redis: redis.url, store, log: aLog() })
    await redis.client.set(contentKey(digest), 'of somebody else')
    await delivery.deliver([need(digest)])
    expect(await redis.client.get(contentKey(digest))).toBe('of somebody else')
    expect(await redis.client.ttl(contentKey(digest))).toBeGreaterThan(60)
    await delivery.deliver([need(digest)], true)
    expect(await redis.client.getBuffer(contentKey(digest))).toEqual(bytes)
    expect(await redis.client.ttl(contentKey(digest))).toBeGreaterThan(60)
    await delivery.close()
  })

  it.each<[string, (key: string) => Promise<unknown>]>([
    ['far more than was asked for', (key) => redis.client.setrange(key, 40 * CONTENT_PIECE, 'x')],
    ['a list without an end', (key) => redis.client.rpush(key, ...Array<string>(10_000).fill(''))],
  ])(
    'reads no more than the cap when somebody puts %s there, and takes what is right after that',
    async (_, put) => {
      const { digest, bytes } = aPack(aFile('a', 'd'))
      packs.set(digest, bytes)
      await put(contentKey(digest))
      const fetch = createFetch(redis.url)
      const before = await commandsOf(redis)
      const found = await fetch(contentKey(digest), CONTENT_PIECE).catch(() => undefined)
      expect(found?.length ?? 0).toBeLessThanOrEqual(2 * CONTENT_PIECE)
      expect((await commandsOf(redis)) - before).toBeLessThan(20)
      const delivery = createDelivery({ redis: redis.url, store, log: aLog() })
      await delivery.deliver([need(digest)], true)
      expect(await fetch(contentKey(digest), CONTENT_PIECE)).toEqual(bytes)
      await delivery.close()
    },
  )

  it('tells of what the controller does not have, and brings the rest', async () => {
    const { digest, bytes } = aPack(aFile('a', 'c'))
    packs.set(digest, bytes)
    const log = aLog()
    const delivery = createDelivery({ redis: redis.url, store, log })
    await delivery.deliver([need('0'.repeat(64)), need(digest)])
    expect(log.lines).toEqual(['error Content that a task needs is not on the disk of the controller'])
    expect(await redis.client.exists(contentKey(digest))).toBe(1)
    await delivery.close()
  })

  it('says that Redis does not answer, on both sides', async () => {
    const nowhere = 'unix:///nonexistent/redis.sock'
    await expect(createFetch(nowhere)(contentKey('a'), 10)).rejects.toThrow()
    const contents = createContents({
      paths: { state: await aState() },
      fetch: createFetch(nowhere),
      log: aLog(),
    })
    await expect(contents.resolve(mounting({ digest: '0'.repeat(64) }))).rejects.toMatchObject({
      code: 'CONTENT_MISSING',
      message: expect.stringContaining('Redis does not answer'),
    })
  })
})

/** How many commands Redis has carried out. */
async function commandsOf({ client }: TestRedis): Promise<number> {
  return Number(/total_commands_processed:(\d+)/.exec(await client.info('stats'))?.[1])
}
