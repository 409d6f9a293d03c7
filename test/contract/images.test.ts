import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { lstat, mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ImageUse } from '../../agent/image/cleanup/collector.ts'
import { createImages, type ImageStore, type ImagesOptions } from '../../agent/image/create.ts'
import { scratchOf } from '../../agent/image/scratch.ts'
import { agentPaths, type Paths } from '../../agent/paths.ts'
import type { ImageConfig, ImageSource, ImageSpec } from '../../schemas/image.ts'
import { mountsUnder, type TestStorage, testStorage } from '../support/containers-storage.ts'
import { silent } from '../support/netns.ts'
import {
  brokenRegistry,
  DEPLOYER,
  type Registry,
  type RegistryProxy,
  startProxy,
  startRegistry,
} from '../support/registry.ts'

const execute = promisify(execFile)

// Before anything is run: the agent reads its environment once. A file that is not there yet says nothing.
const registriesConf = join(mkdtempSync(join(tmpdir(), 'setpoint-registries-')), 'registries.conf')
writeFileSync(registriesConf, '')
process.env.CONTAINERS_REGISTRIES_CONF = registriesConf

const unused = () => false

let storage: TestStorage
let paths: Paths
let images: ImageStore

afterAll(() => rm(dirname(registriesConf), { recursive: true }))

beforeEach(async () => {
  storage = await testStorage()
  paths = agentPaths(join(storage.folder, 'state'), join(storage.folder, 'run'))
  images = await open()
})

afterEach(() => storage.close())

describe('an image that is on the host', () => {
  it('is mounted once, with its config', async () => {
    const id = await anImage('localhost/test/app:1')
    const resolved = await images.resolve(source('localhost/test/app:1'))

    expect(resolved).toMatchObject({ id, reference: 'localhost/test/app:1' })
    expect(await readFile(join(resolved.root, 'hello'), 'utf8')).toBe('localhost/test/app:1')
    expect(resolved.config).toEqual({
      entrypoint: ['/bin/app'],
      environment: { A: 'b=c' },
      workingDir: '/srv',
      user: '5:6',
      ports: ['53/udp', '80'],
      labels: expect.objectContaining({ l: 'm' }),
      stopSignal: 'SIGINT',
      healthcheck: {
        ...{ test: ['/bin/sh', '-c', 'true'], interval: 3000, timeout: 30_000 },
        ...{ retries: 3, startPeriod: 0, startInterval: 5000 },
      },
    })
    expect(await images.resolve(source('localhost/test/app:1'))).toEqual(resolved)
  })

  it('is not mounted, nor held, when its config asks for what no image may', async () => {
    await anImage('localhost/test/app:1')
    const container = await storage.buildah('from', '--pull-never', 'localhost/test/app:1')
    const volumes = Array.from({ length: 101 }, (_, n) => ['--volume', `/v/${n}`]).flat()
    await storage.buildah('config', ...volumes, container)
    await storage.buildah('commit', '-q', '--rm', container, 'localhost/test/many:1')
    await expect(images.resolve(source('localhost/test/many:1'))).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringContaining('Volumes must NOT have more than 100'),
    })
    expect(await storage.buildah('containers', '--quiet')).toBe('')
  })

  it('keeps its mount over a new agent, and gets it back when it was unmounted', async () => {
    await anImage('localhost/test/app:1')
    const first = await images.resolve(source('localhost/test/app:1'))
    images = await open()
    expect(await images.resolve(source('localhost/test/app:1'))).toEqual(first)

    await execute('umount', [first.root])
    expect(await images.resolve(source('localhost/test/app:1'))).toEqual(first)
    expect(await readFile(join(first.root, 'hello'), 'utf8')).toBe('localhost/test/app:1')
  })

  it('is mounted with the ids of a task as often as it is asked for, without a copy, until it goes', async () => {
    await anImage('localhost/test/app:1')
    const { id, root } = await images.resolve(source('localhost/test/app:1'))
    const FIRST = 2_000_289_792
    const moved = await images.mountFor('task', id, FIRST)
    expect(await stat(join(moved, 'hello'))).toMatchObject({ uid: FIRST, gid: FIRST })
    expect(await stat(join(root, 'hello'))).toMatchObject({ uid: 0, gid: 0 })
    const overlay = (await readFile('/proc/self/mountinfo', 'utf8'))
      .split('\n')
      .find((line) => line.includes(moved))
    expect(overlay).toContain('/mapped/') // containers-storage: layers mounted with other ids; a copy would have none

    images = await open()
    expect(await images.mountFor('task', id, FIRST)).toBe(moved)
    await execute('umount', [moved])
    expect(await images.mountFor('task', id, FIRST)).toBe(moved)
    expect(await stat(join(moved, 'hello'))).toMatchObject({ uid: FIRST })

    await images.unmountFor('task')
    await images.unmountFor('task')
    expect(await mountsUnder(storage.folder)).not.toContain(moved)
    expect(await readFile(join(root, 'hello'), 'utf8')).toBe('localhost/test/app:1')
  })

  it('is the new one when the tag has moved', async () => {
    await anImage('localhost/test/app:1', { content: 'old' })
    const old = await images.resolve(source('localhost/test/app:1'))
    const id = await anImage('localhost/test/app:1', { content: 'new' })
    const moved = await images.resolve(source('localhost/test/app:1'))

    expect(moved.id).toBe(id)
    expect(await readFile(join(moved.root, 'hello'), 'utf8')).toBe('new')
    expect(await readFile(join(old.root, 'hello'), 'utf8')).toBe('old')
  })

  it('is let go of once when several ask for that at the same time', async () => {
    images = await open({ grace: 0 })
    for (const name of ['a', 'b', 'c']) {
      await anImage(`localhost/test/${name}:1`)
      await images.resolve(source(`localhost/test/${name}:1`))
    }
    await Promise.all([1, 2, 3].map(() => images.release(unused)))
    expect(await storage.buildah('containers', '--quiet')).toBe('')
  })

  it('is mounted for who asks for it while it is let go of', async () => {
    let at = Date.now()
    images = await open({ now: () => at })
    const app = source('localhost/test/app:1')
    await anImage(app.reference)
    for (let turns = 0; turns < 5; turns += 1) {
      await images.resolve(app)
      at += 10 * 60_000
      const release = images.release(unused)
      for (let step = 0; step < turns; step += 1) await new Promise(setImmediate)
      const { root } = await images.resolve(app)
      await release
      expect(await readFile(join(root, 'hello'), 'utf8')).toBe(app.reference)
    }
  })

  it('is let go of when no task uses it, and not while one may be on its way', async () => {
    const [a, b] = [await anImage('localhost/test/a:1'), await anImage('localhost/test/b:1')]
    for (const name of ['a', 'b']) await images.resolve(source(`localhost/test/${name}:1`))
    await images.release(unused)
    expect(await storage.buildah('containers', '--format', '{{.ImageID}}')).not.toBe('')

    images = await open({ grace: 0 })
    await images.release((id) => id === a)
    const held = await storage.buildah('containers', '--notruncate', '--format', '{{.ImageID}}')
    expect(held.split('\n').map((id) => a.startsWith(id) || b.startsWith(id))).toEqual([true])
    expect(
      (await mountsUnder(storage.storageRoot)).filter((point) => point.endsWith('/merged')),
    ).toHaveLength(1)
  })
})

describe('an image that is not on the host', () => {
  it.each([
    ['localhost/test/none:1', 'missing'],
    ['docker.io/library/none:1', 'never'],
  ] as const)('%s with pull policy %s is not found', async (reference, pull) => {
    await expect(images.resolve({ reference, pull })).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: expect.stringContaining(reference),
      hint: expect.any(String),
    })
  })
})

describe('a registry', () => {
  let registry: Registry
  let locked: Registry
  let broken: Registry
  let proxy: RegistryProxy
  let folder: TestStorage

  beforeAll(async () => {
    folder = await testStorage()
    registry = await startRegistry(join(folder.folder, 'open'))
    locked = await startRegistry(join(folder.folder, 'locked'), { locked: true })
    broken = await brokenRegistry()
    proxy = await startProxy(registry.name)
    const insecure = [registry, locked, broken, proxy].map(
      ({ name }) => `[[registry]]\nlocation = "${name}"\ninsecure = true\n`,
    )
    const mirrored = `[[registry]]
prefix = "mirrored.example"
location = "127.0.0.1:1"
[[registry.mirror]]
location = "${registry.name}"
insecure = true
`
    await writeFile(registriesConf, [...insecure, mirrored].join('\n'))
  })

  afterAll(async () => {
    await Promise.all([registry, locked, broken, proxy].map((one) => one.close()))
    await folder.close()
  })

  it('delivers an image once to all who ask for it at the same time', async () => {
    const id = await pushed('app:1')
    const infos: string[] = []
    images = await open({ log: { ...silent, info: (_, message) => void infos.push(message) } })
    const [first, ...others] = await Promise.all(
      [1, 2, 3].map(() => images.resolve(source(`${registry.name}/app:1`))),
    )
    expect(first?.id).toBe(id)
    expect(others).toEqual([first, first])
    expect(infos).toEqual(['Image pulled'])
  })

  it('is asked again only with pull policy always', async () => {
    const old = await pushed('app:2', 'old')
    const reference = `${registry.name}/app:2`
    expect((await images.resolve(source(reference))).id).toBe(old)
    const fresh = await pushed('app:2', 'fresh')
    expect((await images.resolve(source(reference))).id).toBe(old)
    expect((await images.resolve({ reference, pull: 'always' })).id).toBe(fresh)
  })

  it('that does not know the image is said to', async () => {
    await expect(images.resolve(source(`${registry.name}/none:1`))).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
    })
  })

  it('gives what a digest names, whatever its tag stands for since, and asks for it once', async () => {
    const old = await pushed('pinned:1', 'old')
    const digest = await digestOf('pinned', '1')
    await pushed('pinned:1', 'new')
    const pinned: ImageSource = { reference: `${proxy.name}/pinned:1`, pull: 'always', digest }
    expect((await images.resolve(pinned)).id).toBe(old)
    const before = proxy.asked.length
    images = await open()
    expect((await images.resolve(pinned)).id).toBe(old)
    expect(proxy.asked.length).toBe(before)
    const written = { reference: `${proxy.name}/pinned:7@${digest}`, pull: 'missing' } as const
    expect((await images.resolve(written)).id).toBe(old)
  })

  it('gives the image for the platform that is asked for', async () => {
    await pushed('many:amd64', 'amd64', '--arch=amd64')
    await pushed('many:arm64', 'arm64', '--arch=arm64')
    const list = `${registry.name}/many:1`
    await folder.buildah('manifest', 'create', list)
    for (const each of ['amd64', 'arm64']) {
      await folder.buildah('manifest', 'add', list, `${registry.name}/many:${each}`)
    }
    await folder.buildah(
      'manifest',
      'push',
      '--all',
      '--quiet',
      '--tls-verify=false',
      list,
      `docker://${list}`,
    )
    const digest = await digestOf('many', '1')
    const wanted = (platform: string): ImageSource => ({ reference: list, pull: 'missing', digest, platform })
    for (const architecture of ['arm64', 'amd64']) {
      const { root } = await images.resolve(wanted(`linux/${architecture}`))
      expect(await readFile(join(root, 'hello'), 'utf8')).toBe(architecture)
    }
    await expect(images.resolve(wanted('linux/s390x'))).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
  })

  it('that wants credentials gets those of the auth file as it is at that moment', async () => {
    await pushed('private:1')
    const reference = `${locked.name}/private:1`
    await copyToLocked('private:1')
    await expect(images.resolve(source(reference))).rejects.toMatchObject({
      code: 'IMAGE_PULL_FAILED',
      message: expect.stringMatching(
        new RegExp(`^${locked.name} does not let this host pull ${reference}: `),
      ),
      hint: expect.stringContaining('auth file'),
    })
    await writeAuth({ [locked.name]: { auth: base64(`${DEPLOYER.name}:expired-9`) } })
    const refused = images.resolve(source(reference))
    await expect(refused).rejects.toMatchObject({ code: 'IMAGE_PULL_FAILED' })
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('expired-9') })

    // The entry of a repository wins over that of its registry.
    const right = { auth: base64(`${DEPLOYER.name}:${DEPLOYER.password}`) }
    await writeAuth({ [locked.name]: { auth: base64('someone:else') }, [`${locked.name}/private`]: right })
    expect(await images.resolve(source(reference))).toMatchObject({ reference })
  })

  it('takes credentials from a helper that the auth file names', async () => {
    await pushed('helped:1')
    await copyToLocked('helped:1')
    const bin = join(storage.folder, 'bin')
    await mkdir(bin)
    await mkdir(paths.state, { recursive: true })
    const answer = JSON.stringify({
      ServerURL: locked.name,
      Username: DEPLOYER.name,
      Secret: DEPLOYER.password,
    })
    await writeFile(join(bin, 'docker-credential-test'), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 })
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`)
    const helpers = { credHelpers: { [locked.name]: 'test' } }
    await writeFile(join(paths.state, 'auth.json'), JSON.stringify(helpers))
    const reference = `${locked.name}/helped:1`
    expect(await images.resolve(source(reference))).toMatchObject({ reference })
  })

  it('may have a mirror, which is asked first', async () => {
    const id = await pushed('app:3')
    expect((await images.resolve(source('mirrored.example/app:3'))).id).toBe(id)
  })

  it('that fails for a moment is asked again', async () => {
    const id = await pushed('moment:1')
    proxy.refuse({ status: 503 })
    images = await open({ backOff: [1] })
    expect((await images.resolve(source(`${proxy.name}/moment:1`))).id).toBe(id)
  })

  it('that says 429 is asked again after the time that it names', async () => {
    const id = await pushed('busy:1')
    proxy.refuse({ status: 429, headers: { 'Retry-After': '1' } })
    expect((await images.resolve(source(`${proxy.name}/busy:1`))).id).toBe(id)
  })

  it('is told of while it delivers, and left alone when nobody wants the image any more', async () => {
    await pushed('slow:1', noise(3_000_000))
    proxy.slow(400_000)
    const told: string[] = []
    const unwanted = new AbortController()
    const pulling = images.resolve(source(`${proxy.name}/slow:1`), {
      signal: unwanted.signal,
      tell(message) {
        told.push(message)
        if (/: \d+ [kM]B, 1 layer$/.test(message)) unwanted.abort()
      },
    })
    await expect(pulling).rejects.toMatchObject({ message: expect.stringContaining('nobody wants it') })
    proxy.slow(undefined)
    expect(told[0]).toBe(`waiting to pull ${proxy.name}/slow:1`)
    expect(await storage.buildah('images', '--quiet')).toBe('')
    const again = await images.resolve(source(`${proxy.name}/slow:1`))
    expect((await stat(join(again.root, 'hello'))).size).toBe(3_000_000)
  })

  it('that stops in the middle is given up after a while, and asked again', async () => {
    await pushed('stuck:1', noise(3_000_000))
    proxy.slow(0)
    const warnings: string[] = []
    const log = {
      ...silent,
      warn: (fields: { said?: string }) => {
        warnings.push(fields.said ?? '')
        proxy.slow(undefined)
      },
    }
    images = await open({ log, backOff: [1], stall: 1_500 })
    expect(await images.resolve(source(`${proxy.name}/stuck:1`))).toBeDefined()
    expect(warnings).toEqual(['the registry has sent nothing for 1.5s'])
  })

  it('that is out of order makes a failed pull, after the attempts it is given', async () => {
    const warnings: unknown[] = []
    const log = { ...silent, warn: (fields: object) => void warnings.push(fields) }
    images = await open({ log, backOff: [1, 1] })
    await expect(images.resolve(source(`${broken.name}/app:1`))).rejects.toMatchObject({
      code: 'IMAGE_PULL_FAILED',
      message: expect.stringContaining('503'),
    })
    expect(warnings).toHaveLength(2)
  })

  it('fills a small disk: the image is not there in halves', async () => {
    await pushed('big:1', 'x'.repeat(3_000_000))
    const small = join(storage.folder, 'small')
    await mkdir(small)
    await execute('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small])
    const roots = { storageRoot: join(small, 'storage'), storageRun: join(storage.folder, 'small-run') }
    images = await open(roots)
    await expect(images.resolve(source(`${registry.name}/big:1`))).rejects.toMatchObject({
      code: 'DISK_FULL',
    })

    const { stdout } = await execute('buildah', [
      ...['--root', roots.storageRoot, '--runroot', roots.storageRun],
      ...['images', '--quiet'],
    ])
    expect(stdout.trim()).toBe('')
  })

  async function digestOf(name: string, tag: string): Promise<string> {
    const kinds = [
      'docker.distribution.manifest.v2',
      'docker.distribution.manifest.list.v2',
      'oci.image.index.v1',
    ]
    const accept = kinds.map((kind) => `application/vnd.${kind}+json`).join()
    const url = `http://${registry.name}/v2/${name}/manifests/${tag}`
    const answer = await fetch(url, { method: 'HEAD', headers: { accept } })
    return answer.headers.get('docker-content-digest') ?? ''
  }

  async function copyToLocked(name: string): Promise<void> {
    const creds = `${DEPLOYER.name}:${DEPLOYER.password}`
    await folder.buildah(
      'push',
      '--quiet',
      '--creds',
      creds,
      `${registry.name}/${name}`,
      `docker://${locked.name}/${name}`,
    )
  }

  async function writeAuth(auths: Record<string, { auth: string }>): Promise<void> {
    await mkdir(paths.state, { recursive: true })
    await writeFile(join(paths.state, 'auth.json'), JSON.stringify({ auths }))
  }

  it('gets room by the removal of what nothing uses, when there is none', async () => {
    await pushed('filler:1', 'f'.repeat(3_000_000))
    const wanted = await pushed('wanted:1', 'w'.repeat(3_000_000))
    const small = join(storage.folder, 'small')
    await mkdir(small)
    await execute('mount', ['-t', 'tmpfs', '-o', 'size=5m', 'tmpfs', small])
    const roots = { storageRoot: join(small, 'storage'), storageRun: join(storage.folder, 'small-run') }
    const removed: unknown[] = []
    const log = {
      ...silent,
      info: (fields: object, message: string) => void (message === 'Image removed' && removed.push(fields)),
    }
    images = await open({ ...roots, grace: 0, log })
    images.keepTidy(() => [])
    await images.resolve(source(`${registry.name}/filler:1`))
    await images.release(unused)

    expect((await images.resolve(source(`${registry.name}/wanted:1`))).id).toBe(wanted)
    expect(removed).toEqual([
      expect.objectContaining({
        names: [`${registry.name}/filler:1`],
        why: 'there was no room for an image that is wanted',
      }),
    ])
    await images.release(unused)
  })

  describe('images that nothing uses', () => {
    const HOUR = 3_600_000
    let now: number
    let uses: ImageUse[]
    let ids: string[]
    const use = (n: number): ImageUse => ({ service: 'shop/web', source: source(`${registry.name}/v:${n}`) })

    beforeAll(async () => {
      ids = []
      for (const n of [1, 2, 3, 4, 5]) ids.push(await pushed(`v:${n}`))
    })

    /** Five versions of one service, an hour apart; the last is what runs. */
    beforeEach(async () => {
      now = Date.parse('2026-01-01T00:00:00Z')
      images = await tidied({ maxAge: 24 * HOUR, diskHigh: 85, diskLow: 75 })
      for (const n of [1, 2, 3, 4, 5]) {
        await images.resolve(use(n).source, { service: 'shop/web' })
        uses = [use(n)]
        now += HOUR
      }
      await images.release(unused)
      await images.saved()
    })

    afterEach(() => images.release(unused))

    it('go when they are old enough, but for the three that a rollback may need', async () => {
      expect(await images.tidy()).toBe(0)
      now += 48 * HOUR
      images = await tidied({ maxAge: 24 * HOUR, diskHigh: 85, diskLow: 75 }) // it is known over a restart
      expect(await images.tidy()).toBe(2)
      expect(await present()).toEqual(ids.slice(2))
      expect(await storage.buildah('images', '--quiet', '--no-trunc')).not.toContain(ids[0])
    })

    it('go when the service has gone for so long, all of them', async () => {
      uses = []
      now += 48 * HOUR
      expect(await images.tidy()).toBe(5)
      expect(await present()).toEqual([])
    })

    it('go earlier when the disk fills up, the oldest first, until there is room', async () => {
      const readings = [90, 74]
      images = await tidied(
        { maxAge: 24 * HOUR, diskHigh: 85, diskLow: 75 },
        async () => readings.shift() ?? 74,
      )
      expect(await images.tidy()).toBe(1)
      expect(await present()).toEqual(ids.slice(1))
    })

    it('stay when somebody else has put them there, or has given them a name (law 9)', async () => {
      const theirs = await anImage('localhost/operator/own:1')
      await storage.buildah('tag', `${registry.name}/v:1`, 'localhost/operator/kept:1')
      await images.resolve(source('localhost/operator/own:1'), { service: 'shop/other' })
      await images.release(unused)
      uses = []
      now += 48 * HOUR
      expect(await images.tidy()).toBe(4)
      expect((await present()).sort()).toEqual([ids[0], theirs].sort())
    })

    it('stay while a task has them, whatever else is said', async () => {
      uses = [1, 2, 3, 4, 5].map((n) => ({ ...use(n), service: `shop/s${n}` }))
      now += 48 * HOUR
      expect(await images.tidy()).toBe(0)
      expect(await present()).toEqual(ids)
    })

    async function tidied(housekeeping: ImagesOptions['housekeeping'], usage = async () => 10) {
      const store = await open({ grace: 0, now: () => now, usage, ...(housekeeping && { housekeeping }) })
      store.keepTidy(() => uses)
      return store
    }

    async function present(): Promise<string[]> {
      const index = await readFile(join(storage.storageRoot, 'overlay-images/images.json'), 'utf8')
      return (JSON.parse(index) as { id: string }[]).map(({ id }) => id)
    }
  })

  /** Builds an image in another storage and puts it into the registry. */
  async function pushed(name: string, content = name, ...flags: string[]): Promise<string> {
    const id = await anImage(`${registry.name}/${name}`, { content, into: folder, flags })
    await folder.buildah('push', '--quiet', `${registry.name}/${name}`)
    return id
  }
})

describe('an image spec', () => {
  it('builds an image from scratch with packages, files, run steps and config', async () => {
    const config: ImageConfig = {
      entrypoint: ['/app/run', 'two words', '$HOME'],
      command: ['a"b', "it's"],
      environment: { PLAIN: 'x', ODD: 'a $HOME ${B} "q" \'s\' = z', EMPTY: '' },
      workingDir: '/app',
      user: '12:34',
      ports: ['8080/tcp', '53/udp'],
      labels: { 'org.example.note': 'k=v $HOME' },
      stopSignal: 'SIGQUIT',
      healthcheck: {
        test: ['/bin/sh', '-c', 'test -e "/app/run" && echo \'$HOME\' | cat'],
        ...{ interval: 1500, timeout: 250, retries: 7, startPeriod: 2000, startInterval: 300 },
      },
    }
    const spec = aSpec({
      packages: ['busybox-static'],
      files: [
        aFile('/app/run', '#!/bin/sh\n', { mode: 0o4755, uid: 12, gid: 34 }),
        aFile('/bin/tool', 'tool'),
      ],
      run: [
        ['/bin/busybox', '--install', '-s'],
        ['/bin/sh', '-c', 'id -u > /app/uid'],
      ],
      config,
    })
    const { root, config: read } = await images.resolve(built(spec))

    expect(await readlink(join(root, 'bin'))).toBe('usr/bin')
    expect(await readlink(join(root, 'bin/sh'))).toBe('/usr/bin/busybox')
    expect((await lstat(join(root, 'usr/bin/busybox'))).size).toBeGreaterThan(1_000_000)
    expect(await readFile(join(root, 'usr/bin/tool'), 'utf8')).toBe('tool')
    expect(await readFile(join(root, 'app/uid'), 'utf8')).toBe('0\n')
    expect(await stat(join(root, 'app/run'))).toMatchObject({ mode: 0o104755, uid: 12, gid: 34, mtimeMs: 0 })
    expect(read).toEqual({
      ...config,
      ports: ['53/udp', '8080/tcp'],
      labels: expect.objectContaining({ ...config.labels, 'setpoint.image': 'app' }),
    })
    expect(await readdir(join(paths.state, 'cache/debs'))).toEqual(
      expect.arrayContaining([expect.stringMatching(/^busybox-static_.*\.deb$/)]),
    )
  })

  it('builds nothing when its tag is there, and on another image when it names one', async () => {
    const infos: string[] = []
    images = await open({ log: { ...silent, info: (_, message) => void infos.push(message) } })
    await anImage('localhost/test/base:1')
    const spec = aSpec({ base: 'localhost/test/base:1', files: [aFile('/added', 'more')] })
    const [first, second] = await Promise.all([images.resolve(built(spec)), images.resolve(built(spec))])

    expect(second).toEqual(first)
    expect(await images.resolve({ ...built(spec), pull: 'always' })).toEqual(first)
    expect(infos).toEqual(['Image built'])
    expect(await readFile(join(first.root, 'hello'), 'utf8')).toBe('localhost/test/base:1')
    expect(await readFile(join(first.root, 'added'), 'utf8')).toBe('more')
    expect(first.config.entrypoint).toEqual(['/bin/app'])
  })

  it.each([
    [{ packages: ['no-such-package-at-all'] }, /packages no-such-package-at-all .*Unable to locate/s],
    [
      { packages: ['busybox-static'], run: [['/bin/busybox', 'sh', '-c', 'echo so sad; exit 3']] },
      /run\[0\].*so sad/s,
    ],
    [{ base: 'localhost/test/none:1' }, /localhost\/test\/none:1 is not on this host/],
  ])('that cannot be built says which step failed and why: %j', async (part, message) => {
    const failing = images.resolve(built(aSpec(part)))
    const code = 'base' in part ? 'IMAGE_NOT_FOUND' : 'IMAGE_BUILD_FAILED'
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    expect(await storage.buildah('containers', '--quiet')).toBe('')
    expect(await storage.buildah('images', '--quiet')).toBe('')
  })

  it('whose build an agent did not bring to its end leaves nothing once the next one starts', async () => {
    const script = '/bin/busybox setsid /bin/busybox sleep 4713 & echo > /begun; wait'
    const spec = aSpec({ packages: ['busybox-static'], run: [['/bin/busybox', 'sh', '-c', script]] })
    const cut = images.resolve(built(spec)).catch((error) => error)
    const root = await vi.waitUntil(async () => {
      const points = await mountsUnder(storage.storageRoot)
      return points.find((point) => existsSync(join(point, 'begun')))
    }, 20_000)
    const { dev } = await stat(root)
    images = await open()

    expect((await cut).code).toBe('IMAGE_BUILD_FAILED')
    expect(await processesIn(dev)).toEqual([])
    expect(await storage.buildah('containers', '--quiet')).toBe('')
    expect(await mountsUnder(storage.storageRoot)).not.toContain(root)
    const scratch = scratchOf('build', paths.instance)
    expect((await readdir(dirname(scratch))).filter((name) => name.startsWith(basename(scratch)))).toEqual([])
  })

  it('unpacks no package outside the image, whatever links its base has', async () => {
    const [outside, elsewhere] = ['outside', 'elsewhere'].map((name) => join(storage.folder, name))
    for (const folder of [outside, elsewhere]) await mkdir(folder ?? '')
    const links = { '.setpoint-packages': outside ?? '', usr: elsewhere ?? '' }
    await anImage('localhost/test/base:1', { links })
    const spec = aSpec({ base: 'localhost/test/base:1', packages: ['busybox-static'] })
    const { root } = await images.resolve(built(spec))

    expect(await readdir(outside ?? '')).toEqual([])
    expect(await readdir(elsewhere ?? '')).toEqual([])
    expect((await lstat(join(root, elsewhere ?? '', 'bin/busybox'))).size).toBeGreaterThan(1_000_000)
    expect((await readdir(root)).filter((name) => name.startsWith('.setpoint'))).toEqual([
      '.setpoint-packages',
    ])
  })

  it('writes no file outside the image', async () => {
    const outside = join(storage.folder, 'outside')
    await mkdir(outside)
    await anImage('localhost/test/base:1', { links: { away: outside, up: '../../../../../..' } })
    const files = [aFile('/away/a', 'a'), aFile(`/up/${storage.folder}/outside/b`, 'b')]
    const { root } = await images.resolve(built(aSpec({ base: 'localhost/test/base:1', files })))

    expect(await readdir(outside)).toEqual([])
    expect(await readFile(join(root, outside, 'a'), 'utf8')).toBe('a')
    expect(await readFile(join(root, outside, 'b'), 'utf8')).toBe('b')
  })
})

function open(options: Partial<ImagesOptions> = {}): Promise<ImageStore> {
  const { storageRoot, storageRun } = storage
  return createImages({ paths, log: silent, storageRoot, storageRun, backOff: [], ...options })
}

/** The processes whose root is on a device. */
async function processesIn(device: number): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const roots = await Promise.all(pids.map((pid) => stat(`/proc/${pid}/root/`).catch(() => undefined)))
  return pids.filter((_, index) => roots[index]?.dev === device)
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** Text that no registry can make smaller. */
function noise(bytes: number): string {
  return randomBytes(bytes / 2).toString('hex')
}

function source(reference: string): ImageSource {
  return { reference, pull: 'missing' }
}

function built(spec: ImageSpec): ImageSource {
  return { reference: `localhost/setpoint/${spec.name}:0123456789ab`, pull: 'missing', spec }
}

function aSpec(spec: Partial<ImageSpec>): ImageSpec {
  return { name: 'app', base: 'scratch', packages: [], files: [], run: [], config: {}, ...spec }
}

function aFile(path: string, text: string, rest: { mode?: number; uid?: number; gid?: number } = {}) {
  return { path, content: Buffer.from(text).toString('base64'), mode: 0o644, uid: 0, gid: 0, ...rest }
}

interface ImageOptions {
  content?: string
  /** Symbolic links at the top: name to target. */
  links?: Record<string, string>
  into?: TestStorage
  /** Of `buildah config`. */
  flags?: string[]
}

/** An image with a file `hello` and something in each part of its config. Returns its id. */
async function anImage(reference: string, options: ImageOptions = {}): Promise<string> {
  const { content = reference, links = {}, into = storage, flags = [] } = options
  const container = await into.buildah('from', '--format', 'docker', 'scratch')
  const root = await into.buildah('mount', container)
  await writeFile(join(root, 'hello'), content)
  for (const [name, target] of Object.entries(links)) await execute('ln', ['-s', target, join(root, name)])
  await into.buildah(
    ...['config', '--entrypoint', '["/bin/app"]', '--env', 'A=b=c', '--workingdir', '/srv', '--user', '5:6'],
    ...['--port', '80', '--port', '53/udp', '--label', 'l=m', '--stop-signal', 'SIGINT'],
    ...['--healthcheck', 'CMD-SHELL true', '--healthcheck-interval', '3s'],
    ...[...flags, container],
  )
  return into.buildah('commit', '--quiet', '--format', 'docker', '--rm', container, reference)
}
