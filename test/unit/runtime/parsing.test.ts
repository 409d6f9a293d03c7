import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isInside, mountOf, parseMounts } from '../../../agent/mountinfo.ts'
import { isLiving, parseProcessStat } from '../../../agent/processes.ts'
import { explain } from '../../../agent/runtime/explain.ts'
import { lineJoiner } from '../../../agent/runtime/logs/line-joiner.ts'
import { tailLog } from '../../../agent/runtime/logs/reader.ts'
import { signalNumber } from '../../../agent/signals.ts'

describe('the stat of a process', () => {
  const text = (state: string) => `7 (a) Z) b) ${state} ${'0 '.repeat(18)}4711 0\n`

  it('is read past a name with brackets', () => {
    expect(parseProcessStat(text('S'))).toEqual({ state: 'S', startTime: 4711 })
  })

  it.each([
    [text('R'), true],
    [text('Z'), false],
    [text('X'), false],
    ['', false],
  ])('%j lives: %s', (stat, living) => {
    expect(isLiving(parseProcessStat(stat))).toBe(living)
  })
})

describe('mountinfo', () => {
  const mounts = parseMounts(
    [
      '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard',
      '42 27 254:0 /run /run/my\\040agent rw shared:1 - ext4 /dev/vda rw',
      '70 42 0:39 / /run/my\\040agent/rootfs rw shared:2 master:1 - overlay overlay rw,lowerdir=/a\\072b,upperdir=/u',
      '71 70 0:40 / /run/my\\040agent/rootfs rw - tmpfs tmpfs rw',
      '',
    ].join('\n'),
  )

  it('is read field by field', () => {
    expect(mounts[2]).toEqual({
      id: 70,
      device: '0:39',
      root: '/',
      target: '/run/my agent/rootfs',
      readOnly: false,
      type: 'overlay',
      options: ['rw', 'lowerdir=/a:b', 'upperdir=/u'],
      shared: true,
      slave: true,
    })
    expect(mounts.map(({ shared }) => shared)).toEqual([false, true, true, false])
  })

  it('tells which mount a path lies in, the topmost where there are several', () => {
    expect(mountOf('/run/my agent/rootfs/etc', mounts)?.id).toBe(71)
    expect(mountOf('/run/my agent', mounts)?.id).toBe(42)
    expect(mountOf('/run/my agents', mounts)?.id).toBe(27)
    expect(mountOf('/', mounts)?.id).toBe(27)
    expect(isInside('/ab', '/a')).toBe(false)
  })
})

describe("a container's log", () => {
  const at = '2026-11-20T18:55:13.046064255+00:00'
  const utc = '2026-11-20T18:55:13.046064255Z'
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'setpoint-log-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('joins the parts of lines, those of each stream', () => {
    const rows = [
      'stdout P one ',
      'stderr P err ',
      'stdout P two ',
      'stderr F F or',
      'stdout F three',
      'stdout F ',
      'x',
    ]
    const { take, rest } = lineJoiner()
    const whole = rows.flatMap((row) => take(`${at} ${row}`) ?? [])
    expect([...whole, ...rest()]).toEqual([
      { at: utc, stream: 'stderr', text: 'err F or' },
      { at: utc, stream: 'stdout', text: 'one two three' },
      { at: utc, stream: 'stdout', text: '' },
    ])
  })

  it.each([1, 2, 100, 2000, 5000])('gives the last %i lines of a log of any length', async (tail) => {
    const file = join(folder, 'log')
    const lines = Array.from({ length: 3000 }, (_, index) => `line ${index} ${'é F '.repeat(index % 60)}`)
    await writeFile(file, lines.map((line) => `${at} stdout F ${line}\n`).join(''))
    expect((await tailLog(folder, tail)).map(({ text }) => text)).toEqual(lines.slice(-tail))
  })

  it('gives whole lines where the last ones came in many parts', async () => {
    const file = join(folder, 'log')
    const part = `${at} stdout P ${'x'.repeat(8000)}\n`
    await writeFile(
      file,
      `${at} stdout F before\n${part.repeat(4)}${at} stdout F end\n${at} stderr F after\n`,
    )
    const [long, after] = await tailLog(folder, 2)
    expect(long?.text).toBe(`${'x'.repeat(8000 * 4)}end`)
    expect(after?.text).toBe('after')
  })

  it('is looked through no further than told, however long its lines are', async () => {
    const part = `${at} stdout P ${'x'.repeat(8000)}\n`
    const line = `${part.repeat(20)}${at} stdout F end\n`
    await writeFile(join(folder, 'log'), `${line.repeat(50)}${at} stdout F after\n`)
    const found = await tailLog(folder, 20, 1024 * 1024)
    const letters = found.reduce((sum, { text }) => sum + text.length, 0)
    expect(letters).toBeLessThanOrEqual(1024 * 1024)
    expect(found.slice(-2).map(({ text }) => text)).toEqual(['end', 'after'])
  })

  it('is empty before anything was written', async () => {
    expect(await tailLog(join(folder, 'none'), 10)).toEqual([])
    await writeFile(join(folder, 'log'), '')
    expect(await tailLog(folder, 10)).toEqual([])
    expect(await tailLog(folder, 0)).toEqual([])
  })
})

describe('what a runtime says', () => {
  it.each([
    ['executable file `x` not found in $PATH: No such file or directory', 'RUNTIME_FAILED', /PATH/],
    ['open `/proc/7/root/run/netns/web-1`: No such file or directory', 'NETWORK_FAILED', /namespace/],
    ['mount `/etc/passwd` to `data`: Not a directory', 'MOUNT_FAILED', /both files or both folders/],
    ["error stat'ing file `/no/such`: No such file or directory", 'MOUNT_FAILED', /source exists/],
    ['write to `/sys/fs/cgroup/memory.max`: Device or resource busy', 'RUNTIME_FAILED', /memory limit/],
    ['creating cgroup directory `/sys/fs/cgroup/x`: Permission denied', 'RUNTIME_FAILED', /findmnt/],
    ['setrlimit `RLIMIT_NOFILE`: Operation not permitted', 'RUNTIME_FAILED', /CAP_SYS_RESOURCE/],
    ['setrlimit (RLIM_MEMLOCK): Operation not permitted', 'RUNTIME_FAILED', /LimitMEMLOCK/],
    ['write to `/proc/self/oom_score_adj`: Permission denied', 'RUNTIME_FAILED', /oom scores/],
    ['open executable: Permission denied', 'RUNTIME_FAILED', /not executable/],
    ['cgroups in hybrid mode not supported, drop all controllers from cgroupv2', 'RUNTIME_FAILED', /runc/],
    ['mkdir `rootfs`: No space left on device', 'DISK_FULL', /df -h/],
  ])('%s', (said, code, hint) => {
    const error = explain('the container cannot be made', said)
    expect(error).toMatchObject({ code, hint: expect.stringMatching(hint) })
    expect(error.message).toBe(`The container cannot be made: ${said}`)
  })

  it('is given as it is when nobody knows the cause', () => {
    expect(explain('it failed', '  strange\n')).toMatchObject({
      message: 'It failed: strange',
      hint: undefined,
    })
    expect(explain('it failed', '').message).toBe('It failed: no reason was given')
  })

  it("is taken out of runc's log line", () => {
    const line = 'time="2026-01-01T00:00:00Z" level=error msg="exec: \\"x\\": permission denied"'
    expect(explain('it failed', line).message).toBe('It failed: exec: "x": permission denied')
  })
})

describe('signals', () => {
  it.each([
    ['SIGTERM', 15],
    ['term', 15],
    ['9', 9],
    ['SIGRTMIN+3', 37],
    ['RTMAX-1', 63],
    ['SIGRTMIN', 34],
    ['SIGNONE', 15],
  ])('%s is %i', (name, number) => {
    expect(signalNumber(name)).toBe(number)
  })
})
