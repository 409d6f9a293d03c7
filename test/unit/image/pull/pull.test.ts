import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { matches, parseIndex } from '../../../../agent/image/index-file.ts'
import { isOfPlatform } from '../../../../agent/image/platform.ts'
import { formatBytes } from '../../../../agent/image/pull/bytes.ts'
import { createPull, type PullOptions, pullArgs } from '../../../../agent/image/pull/pull.ts'
import { layersIn, progressWords } from '../../../../agent/image/pull/watch.ts'
import { digestOf, pullName, repositoryOf } from '../../../../agent/image/reference.ts'
import { clearScratch } from '../../../../agent/image/scratch.ts'
import { whileWanted } from '../../../../agent/image/while-wanted.ts'
import { registryOf } from '../../../../schemas/registry.ts'
import { silent } from '../../../support/netns.ts'

const A = `sha256:${'a'.repeat(64)}`
const B = `sha256:${'b'.repeat(64)}`

describe('a reference', () => {
  it.each([
    ['docker.io/library/nginx:1.29', 'docker.io/library/nginx', undefined],
    ['127.0.0.1:5000/app:1', '127.0.0.1:5000/app', undefined],
    ['127.0.0.1:5000/app', '127.0.0.1:5000/app', undefined],
    [`r.example/a/b:1@${A}`, 'r.example/a/b', A],
    [`r.example/a/b@${A}`, 'r.example/a/b', A],
  ])('%s has a repository and perhaps a digest', (reference, repository, digest) => {
    expect(repositoryOf(reference)).toBe(repository)
    expect(digestOf({ reference, pull: 'missing' })).toBe(digest)
    expect(registryOf(reference)).toBe(reference.split('/')[0])
  })

  it('is asked for by its digest where there is one', () => {
    expect(pullName({ reference: 'r.example/app:1', pull: 'missing' })).toBe('r.example/app:1')
    expect(pullName({ reference: 'r.example/app:1', pull: 'missing', digest: A })).toBe(`r.example/app@${A}`)
    expect(pullName({ reference: `r.example/app:1@${A}`, pull: 'always' })).toBe(`r.example/app@${A}`)
    expect(pullArgs({ reference: 'r/app:1', pull: 'missing', platform: 'linux/arm64' }, '/auth')).toEqual([
      ...['pull', '--policy', 'always', '--retry', '0', '--authfile', '/auth'],
      ...['--platform', 'linux/arm64', 'r/app:1'],
    ])
  })
})

describe('the index of containers-storage', () => {
  const images = parseIndex(
    JSON.stringify([
      { id: 'a', names: ['r/x:1', 'r/y:1'], digest: A },
      {
        id: 'b',
        names: ['r/x@sha256:b'],
        digest: A,
        'big-data-digests': { [`manifest-${B}`]: B, other: 'c' },
      },
      { id: 'c', names: null },
    ]),
  )

  it.each([
    [{ reference: 'r/x:1' }, ['a']],
    [{ reference: 'r/none:1' }, []],
    [{ reference: 'r/x:1', digest: B }, ['b']],
    [{ reference: 'r/x:9', digest: A }, ['a', 'b']],
    [{ reference: 'other/x:1', digest: A }, []],
    [{ reference: `r/y@${A}` }, ['a']],
  ])('has for %j the images %j', (source, ids) => {
    expect(matches(images, source).map(({ id }) => id)).toEqual(ids)
  })

  it('may be empty', () => {
    expect(parseIndex('')).toEqual([])
  })
})

describe('a platform', () => {
  it.each([
    ['linux/amd64/', 'linux/amd64', true],
    ['linux/arm64/v8', 'linux/arm64', true],
    ['linux/arm64/', 'linux/arm64/v8', true],
    ['linux/arm/v7', 'linux/arm/v6', false],
    ['linux/arm64/', 'linux/amd64', false],
  ])('an image of %s is one of %s: %s', (image, wanted, is) => {
    expect(isOfPlatform(image, wanted)).toBe(is)
  })
})

describe('progress', () => {
  it('is told in megabytes and layers, once there is any', () => {
    expect(progressWords({ layers: 0, bytes: 9_000 })).toBe('')
    expect(progressWords({ layers: 1, bytes: 512 })).toBe('512 B, 1 layer')
    expect(progressWords({ layers: 5, bytes: 34_400_000 })).toBe('34 MB, 5 layers')
    expect([0, 999, 1_000, 1_234_000_000].map(formatBytes)).toEqual(['0 B', '999 B', '1 kB', '1.2 GB'])
    expect(
      layersIn(
        `Getting\nCopying blob ${A}\nCopying blob ${B} skipped: already exists\nCopying config ${A}\n`,
      ),
    ).toEqual([A, B])
  })
})

describe('a pull', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'setpoint-pull-test-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is tried again only while the trouble may pass', async () => {
    expect(await attempts('connection reset by peer')).toBe(3)
    expect(await attempts('manifest unknown')).toBe(1)
    expect(await attempts('unauthorized: authentication required')).toBe(1)
  })

  it('that stands still is ended, told of and tried again', async () => {
    const { pull, told } = aPull('exec sleep 60', { stall: 1, backOff: [1] })
    await expect(pull).rejects.toThrow('the registry has sent nothing for 1ms')
    expect(told).toContain('pulling r/app:1 failed and is tried again in 1ms')
  })

  it('is ended when nobody wants it any more, and leaves no temporary file', async () => {
    const abort = new AbortController()
    const begun = Promise.withResolvers<void>()
    const { pull } = aPull('touch $TMPDIR/half; exec sleep 60', {}, abort.signal, begun.resolve)
    await begun.promise
    abort.abort()
    await expect(pull).rejects.toThrow('nobody wants it any more')
    expect(readdirSync(folder)).toEqual([])
  })

  it('waits while three others go on', async () => {
    const begun: string[] = []
    const ends = Array.from({ length: 5 }, () => new AbortController())
    const script = 'exec sleep 60'
    const pull = createPull({
      buildah: (...args) => {
        begun.push(args.at(-1) ?? '')
        look()
        return ['busybox', 'sh', '-c', script]
      },
      ...{ authFile: async () => undefined, scratch: join(folder, 'pull-'), log: silent, backOff: [] },
    })
    let look = () => {}
    const until = (count: number) =>
      new Promise<void>((resolve) => {
        look = () => begun.length >= count && resolve()
        look()
      })
    const all = ends.map(({ signal }, n) =>
      pull({ reference: `r/app:${n}`, pull: 'missing' }, { signal, tell: () => {} }).catch(() => {}),
    )
    await until(3)
    // each makes its folder first, so that the three begin in any order
    expect(begun.toSorted()).toEqual(['r/app:0', 'r/app:1', 'r/app:2'])
    ends[0]?.abort()
    await all[0]
    await until(4)
    expect(begun[3]).toBe('r/app:3')
    for (const end of ends) end.abort()
    await Promise.all(all)
    expect(begun).toHaveLength(4) // the fifth was called off before it began
  })

  it('keeps Setpoint’s own settings from buildah and its credential helpers', async () => {
    vi.stubEnv('SETPOINT_REDIS', 'redis://:canary@r')
    const { pull } = aPull('echo "redis=$SETPOINT_REDIS;" >&2; exit 1')
    await expect(pull).rejects.toThrow('redis=;')
  })

  it('of an agent that was killed is ended by the next one, and nothing else is', async () => {
    const prefix = join(folder, 'orphan-')
    const left = mkdtempSync(prefix)
    const start = (TMPDIR: string) => spawn('busybox', ['sleep', '60'], { env: { TMPDIR }, stdio: 'ignore' })
    const [orphan, other] = [start(left), start(folder)]
    await Promise.all([once(orphan, 'spawn'), once(other, 'spawn')])
    const gone = once(orphan, 'exit')
    await clearScratch(prefix)
    expect(await gone).toEqual([null, 'SIGKILL'])
    expect([other.exitCode, other.signalCode]).toEqual([null, null])
    other.kill('SIGKILL')
    expect(readdirSync(folder)).toEqual([])
  })

  /** A pull by a script in place of buildah. */
  function aPull(
    script: string,
    options: Partial<PullOptions> = {},
    signal = new AbortController().signal,
    begun = () => {},
  ) {
    const told: string[] = []
    const pull = createPull({
      buildah: () => {
        begun()
        return ['busybox', 'sh', '-c', script]
      },
      ...{ authFile: async () => undefined, scratch: join(folder, 'pull-'), log: silent, backOff: [] },
      ...options,
    })
    const caller = { signal, tell: (message: string) => void told.push(message) }
    return { told, pull: pull({ reference: 'r/app:1', pull: 'missing' }, caller) }
  }

  /** How often a buildah is started that always fails with these words. */
  async function attempts(said: string): Promise<number> {
    let count = 0
    const { pull } = aPull(`echo '${said}' >&2; exit 125`, { backOff: [1, 1] }, undefined, () => {
      count++
    })
    await expect(pull).rejects.toThrow(said)
    return count
  }
})

describe('what several callers want', () => {
  it('is made once, told to all, and called off with the last of them', async () => {
    const wanted = whileWanted<string>()
    const done = Promise.withResolvers<string>()
    let made = 0
    let given: { signal: AbortSignal; tell: (message: string) => void } | undefined
    const make = (caller: NonNullable<typeof given>) => {
      made += 1
      given = caller
      return done.promise
    }
    const [one, two] = [new AbortController(), new AbortController()]
    const told: string[] = []
    const first = wanted('key', make, {
      signal: one.signal,
      tell: (message) => void told.push(`1 ${message}`),
    })
    given?.tell('half')
    const second = wanted('key', make, {
      signal: two.signal,
      tell: (message) => void told.push(`2 ${message}`),
    })
    expect([made, told]).toEqual([1, ['1 half', '2 half']])

    one.abort()
    expect(given?.signal.aborted).toBe(false)
    two.abort()
    expect(given?.signal.aborted).toBe(true)
    const third = wanted('key', make, {})
    expect(made).toBe(2)
    done.resolve('it')
    expect(await Promise.all([first, second, third])).toEqual(['it', 'it', 'it'])
  })
})
