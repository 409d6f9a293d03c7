import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readMounts } from '../../agent/mountinfo.ts'
import { cgroupMode } from '../../agent/runtime/cgroup/cgroup.ts'
import { chooseRuntime, releaseView } from '../../agent/runtime/choose.ts'
import { succeed } from '../../agent/runtime/exec.ts'
import { mayLockMemory } from '../../agent/runtime/memory-lock.ts'

const SCRIPT = fileURLToPath(new URL('../support/choose-once.ts', import.meta.url))
const HIDE = 'mount --bind /dev/null'
const mode = await cgroupMode()

describe('the choice of a runtime', () => {
  let folder: string
  let run: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'setpoint-choose-'))
    run = join(folder, 'run')
  })
  afterEach(async () => {
    await releaseView(run)
    expect((await readMounts()).filter(({ target }) => target.startsWith(folder))).toEqual([])
    await rm(folder, { recursive: true, force: true })
  })

  /** Chooses in a mount namespace of its own, prepared by a line of shell. */
  const chooseAfter = async (prepare: string, wanted = 'auto') =>
    JSON.parse(
      await succeed([
        ...(['unshare', '--mount', 'sh', '-c'] as [string, ...string[]]),
        `set -e; ${prepare}; exec "$@"`,
        ...['sh', process.execPath, SCRIPT, wanted, folder],
      ]),
    )

  it('is crun where crun is', async () => {
    const choice = await chooseRuntime({ wanted: 'auto', run })
    expect(choice).toMatchObject({
      path: '/usr/bin/crun',
      info: { name: 'crun', cgroup: mode, version: expect.stringMatching(/^\d+\.\d+/) },
    })
    expect(choice.info.why).toContain(mode)
    expect(choice.prefix).toEqual(
      mode === 'hybrid' ? ['nsenter', `--mount=${run}/view/ns`, `--wd=${run}`] : [],
    )
  })

  it('is runc when that is asked for', async () => {
    const choice = await chooseRuntime({ wanted: 'runc', run })
    expect(choice).toMatchObject({ prefix: [], info: { name: 'runc' } })
  })

  it('is runc where crun is missing', async () => {
    const choice = await chooseAfter(`${HIDE} /usr/bin/crun`)
    expect(choice).toMatchObject({
      prefix: [],
      info: { name: 'runc', why: expect.stringContaining('crun is not installed') },
    })
  })

  it('is an error that names the package where the one asked for is missing', async () => {
    expect(await chooseAfter(`${HIDE} /usr/bin/crun`, 'crun')).toEqual({
      code: 'RUNTIME_MISSING',
      message: 'crun is not installed on this host.',
      hint: 'Install it: `apt-get install -y crun`.',
    })
  })

  it('is an error where nothing is installed', async () => {
    const nothing = [`${HIDE} /usr/bin/crun`, `${HIDE} /usr/sbin/runc`, `${HIDE} /usr/bin/conmon`].join('; ')
    expect(await chooseAfter(nothing)).toEqual({
      code: 'RUNTIME_MISSING',
      message: 'conmon and crun are not installed on this host.',
      hint: 'Install them: `apt-get install -y conmon crun`.',
    })
  })

  it.runIf(mode === 'hybrid')('needs no view where cgroup v2 is not mounted', async () => {
    const choice = await chooseAfter('umount /sys/fs/cgroup/unified')
    expect(choice).toMatchObject({ prefix: [], info: { name: 'crun', cgroup: 'v1' } })
  })

  it.runIf(mode === 'hybrid')(
    'on cgroup v2 is crun, unless it could not load its device filter',
    async () => {
      const choice = await chooseAfter(
        'umount --recursive /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup',
      )
      const name = mayLockMemory() ? 'crun' : 'runc'
      expect(choice).toMatchObject({ prefix: [], info: { name, cgroup: 'v2' } })
    },
  )

  it.runIf(mode === 'hybrid')('makes the view once, and finds it again', async () => {
    const first = await chooseRuntime({ wanted: 'auto', run })
    const mounts = await readMounts()
    expect(await chooseRuntime({ wanted: 'auto', run })).toEqual(first)
    expect(await readMounts()).toEqual(mounts)
    const [command = '', ...args] = first.prefix
    const seen = await succeed([command, ...args, 'cat', '/proc/self/mountinfo'])
    expect(seen).not.toContain('/sys/fs/cgroup/unified')
    expect(await readFile('/proc/self/mountinfo', 'utf8')).toContain('/sys/fs/cgroup/unified')
  })

  it.runIf(mode === 'hybrid')(
    'makes the view anew when only its file is there, as after a reboot',
    async () => {
      await chooseRuntime({ wanted: 'auto', run })
      await releaseView(run)
      const { prefix } = await chooseRuntime({ wanted: 'auto', run })
      const [command = '', ...args] = prefix
      expect(await succeed([command, ...args, 'cat', '/proc/self/mountinfo'])).not.toContain(
        '/sys/fs/cgroup/unified',
      )
    },
  )

  it.runIf(mode === 'hybrid')('makes the view though another mount is covered by a later one', async () => {
    const cover = [
      'mkdir -p "$4/a/b" "$4/low" "$4/up" "$4/work"',
      'mount -t overlay overlay -o "lowerdir=$4/low,upperdir=$4/up,workdir=$4/work" "$4/a/b"',
      'mount --bind "$4/a" "$4/a"',
    ]
    const { info } = await chooseAfter(cover.join('; '))
    expect(info.name, info.why).toBe('crun')
  })

  it('gives way twice without harm', async () => {
    await chooseRuntime({ wanted: 'auto', run })
    await releaseView(run)
    await releaseView(run)
    expect((await readMounts()).filter(({ target }) => target.startsWith(run))).toEqual([])
  })
})
