import { describe, expect, it } from 'vitest'
import { parsePlan, simulateArgv } from '../../../agent/image/build/packages.ts'
import { configFlags, planBuild } from '../../../agent/image/build/plan.ts'
import { parseInspect } from '../../../agent/image/config.ts'
import { pullError } from '../../../agent/image/failures.ts'
import { shared } from '../../../schemas/common/shared.ts'
import type { ImageSpec } from '../../../schemas/image.ts'
import { classify } from '../../../schemas/registry.ts'

describe('planBuild', () => {
  it('is the base, packages, files, run steps, config and commit, in this order', () => {
    const spec = aSpec({
      packages: ['curl'],
      files: [{ path: '/a', content: '', mode: 420, uid: 0, gid: 0 }],
      run: [['/bin/true', '-x']],
    })
    expect(planBuild(spec, 'work', 'localhost/setpoint/app:1')).toEqual([
      {
        kind: 'buildah',
        words: 'base scratch',
        args: ['from', '--format', 'docker', '--pull-never', '--name', 'work', 'scratch'],
      },
      { kind: 'packages', words: 'packages curl', packages: ['curl'] },
      { kind: 'files', words: 'files', files: spec.files },
      {
        kind: 'buildah',
        words: 'run[0]: /bin/true -x',
        args: ['run', '--isolation', 'chroot', 'work', '--', '/bin/true', '-x'],
      },
      { kind: 'buildah', words: 'config', args: ['config', '--label', 'setpoint.image=app', 'work'] },
      {
        kind: 'buildah',
        words: 'commit localhost/setpoint/app:1',
        args: [
          ...['commit', '--quiet', '--format', 'docker', '--timestamp', '0', '--rm'],
          ...['work', 'localhost/setpoint/app:1'],
        ],
      },
    ])
  })

  it('writes values so that buildah takes them as they are', () => {
    const flags = configFlags(
      aSpec({
        config: {
          environment: { A: 'x$Y' },
          command: ['a b', '"'],
          healthcheck: {
            test: ['sh', '-c', "it's $A"],
            ...{ interval: 1, timeout: 2, retries: 3, startPeriod: 4, startInterval: 5 },
          },
        },
      }),
    )
    expect(flags).toEqual([
      ...['--cmd', '["a b","\\""]', '--env', 'A=x$$Y', '--label', 'setpoint.image=app'],
      ...['--healthcheck', "CMD 'sh' '-c' 'it'\\''s $A'", '--healthcheck-interval', '1ms'],
      ...['--healthcheck-timeout', '2ms', '--healthcheck-retries', '3', '--healthcheck-start-period', '4ms'],
      ...['--label', 'setpoint.healthcheck.start-interval=5'],
    ])
  })
})

describe('packages', () => {
  it('are resolved as if nothing were installed', () => {
    const argv = simulateArgv(['curl', 'tar=1.2'], '/cache')
    expect(argv.slice(-3)).toEqual(['--', 'curl', 'tar=1.2'])
    expect(argv).toContain('Dir::State::status=/cache/status')
  })

  it('have the file names that apt gives them', () => {
    const text = `Reading package lists...
Inst libc6 (2.36-9+deb12u14 Debian:12.15/oldstable [amd64])
Inst zlib1g:amd64 (1:1.2.13.dfsg-1 Debian:12.15/oldstable, Debian-Security:12/x [amd64])
Inst tzdata (2024a-0 Debian:12 [all])
Conf libc6 (2.36-9+deb12u14 Debian:12.15/oldstable [amd64])
`
    expect(parsePlan(text)).toEqual([
      'libc6_2.36-9+deb12u14_amd64.deb',
      'zlib1g_1%3a1.2.13.dfsg-1_amd64.deb',
      'tzdata_2024a-0_all.deb',
    ])
  })
})

describe('failures', () => {
  it.each([
    ['reading manifest 1 in registry/app: manifest unknown', 'missing'],
    ['requesting bearer token: unauthorized: authentication required', 'denied'],
    ['reading manifest 1 in docker.io/x/y: denied: requested access to the resource is denied', 'denied'],
    ['error getting credentials - err: exit status 1, out: `token`', 'denied'],
    ['received unexpected HTTP status: 403 Forbidden: unexpected status code 403', 'denied'],
    ['toomanyrequests: You have reached your pull rate limit', 'trouble'],
    ['writing blob: write /var/x: no space left on device: manifest unknown', 'full'],
    ['pinging container registry x: dial tcp 127.0.0.1:1: connect: connection refused', 'trouble'],
    ['dial tcp: lookup registry.example on 10.0.0.1:53: no such host', 'trouble'],
    ['unexpected status code 500', 'trouble'],
  ])('%s is %s', (said, failure) => {
    expect(classify(said)).toBe(failure)
  })

  it.each([
    ['Get "https://blob.example/x?sig=s3cret&se=1": EOF', 'Get "https://blob.example/x?…": EOF'],
    ['https://me:s3cret@r.example/v2/: EOF', 'https://…@r.example/v2/: EOF'],
    ['error getting credentials - err: exit status 1, out: `s3cret`', /err: exit status 1, out: …$/],
    ['invalid header "Authorization: Bearer s3cret"', /Bearer …"$/],
  ])('say no secret: %s', (said, told) => {
    const { message } = pullError('r.example/app:1', said)
    expect(message).toMatch(told)
    expect(message).not.toContain('s3cret')
  })

  it('name the registry that refuses credentials', () => {
    const { code, message } = pullError('r.example/app:1', 'unauthorized: authentication required')
    expect(code).toBe('IMAGE_PULL_FAILED')
    expect(message).toMatch(/^r\.example does not let this host pull r\.example\/app:1: unauthorized/)
  })

  it('name the image, what was said, and what to do', () => {
    const said = 'Trying to pull\nError: initializing source: connection refused\nexit status 125\n'
    expect(pullError('r/app:1', said).facts()).toEqual({
      code: 'IMAGE_PULL_FAILED',
      message: 'r/app:1 could not be pulled: initializing source: connection refused',
      hint: expect.stringContaining('registry'),
    })
  })
})

describe('parseInspect', () => {
  it('fills in what Docker would, and knows NONE', () => {
    const inspected = (config: unknown) =>
      parseInspect(JSON.stringify({ FromImageID: 'i', Docker: { config } }))
    expect(inspected({ Healthcheck: { Test: ['CMD', 'x'] } }).config.healthcheck).toEqual({
      ...{ test: ['x'], interval: 30_000, timeout: 30_000, retries: 3, startPeriod: 0, startInterval: 5_000 },
    })
    expect(inspected({ Healthcheck: { Test: ['NONE'] } }).config).toEqual({})
    const shell = { Shell: ['/bin/ash', '-ec'], Healthcheck: { Test: ['CMD-SHELL', 'a b'] } }
    expect(inspected(shell).config.healthcheck?.test).toEqual(['/bin/ash', '-ec', 'a b'])
  })

  it.each([
    [
      'no times before now',
      { Healthcheck: { Test: ['CMD', 'x'], Interval: -5e9 } },
      /Healthcheck\/Interval must be >= 0/,
    ],
    ['a list as entrypoint', { Entrypoint: 'sh' }, /Entrypoint must be array/],
    ['words in a list', { Cmd: ['a', 1] }, /Cmd\/1 must be string/],
    ['few volumes', { Volumes: manyVolumes(101) }, /Volumes must NOT have more than 100 properties/],
  ])('takes %s only', (_, config, message) => {
    expect(() => parseInspect(JSON.stringify({ FromImageID: 'i', Docker: { config } }))).toThrow(
      expect.objectContaining({ code: 'IMAGE_INVALID', message: expect.stringMatching(message) }),
    )
  })

  it('takes what buildah writes of fields that are not set', () => {
    const config = { Entrypoint: null, Volumes: null, Healthcheck: null, Labels: null, User: '', Tty: false }
    const json = JSON.stringify({ FromImageID: 'i', Docker: { config }, OCIv1: { config: null } })
    expect(parseInspect(json).config).toEqual({})
    const volumes = manyVolumes(100)
    expect(
      parseInspect(JSON.stringify({ FromImageID: 'i', OCIv1: { config: { Volumes: volumes } } })),
    ).toEqual({
      id: 'i',
      config: { volumes: Object.keys(volumes).sort() },
    })
  })

  it('is no place for what was cut off', () => {
    expect(() => parseInspect('{"FromImageID": "i"')).toThrow(
      expect.objectContaining({ code: 'IMAGE_INVALID' }),
    )
  })

  it('takes the OCI config where there is no other', () => {
    const json = JSON.stringify({
      FromImageID: 'sha256:i',
      OCIv1: { config: { Cmd: ['x'], Env: ['A', 'B=c=d'] } },
    })
    expect(parseInspect(json)).toEqual({
      id: 'i',
      config: { command: ['x'], environment: { A: '', B: 'c=d' } },
    })
  })
})

describe('what is asked for twice at once', () => {
  it('is made once for each key', async () => {
    const once = shared<number>()
    let made = 0
    const make = () => Promise.resolve(++made)
    expect(await Promise.all([once('a', make), once('a', make), once('b', make)])).toEqual([1, 1, 2])
    expect(await once('a', make)).toBe(3)
  })
})

function manyVolumes(count: number): Record<string, object> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`/v/${n}`, {}]))
}

function aSpec(spec: Partial<ImageSpec>): ImageSpec {
  return { name: 'app', base: 'scratch', packages: [], files: [], run: [], config: {}, ...spec }
}
