import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { capabilitiesIn } from '../../agent/runtime/confinement/capabilities.ts'
import type { ContainerSpec } from '../../schemas/container.ts'
import { IS_V2 } from '../support/knobs.ts'
import { aContainerOn, exitOf, type OciHost, refusalOf, running } from '../support/oci-host.ts'

/** How far a container is kept apart, as asked, seen from inside it and from the kernel. */
export function isolationContract(name: string, open: () => Promise<OciHost>): void {
  describe(`${name}: isolation`, () => {
    let host: OciHost
    beforeAll(async () => {
      host = await open()
    })
    afterAll(async () => {
      expect(await host.close()).toEqual([])
    })

    const start = (id: string, spec: Partial<ContainerSpec>) => running(host, id, { spec })
    const refusal = (id: string, spec: Partial<ContainerSpec>) => refusalOf(host, id, { spec })
    const namespaceOf = (pid: number | 'self', kind: string) => readlink(`/proc/${pid}/ns/${kind}`)

    it('gives a privileged container all that the agent has', async () => {
      const pid = await start('privileged', { isolation: { privileged: true } })
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      const own = /^CapEff:\t(\w+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? ''
      expect(capabilitiesIn(/^CapEff:\t(\w+)$/m.exec(status)?.[1] ?? '')).toEqual(capabilitiesIn(own))
      expect(status).toMatch(/^Seccomp:\t0$/m)
      expect(await host.inside('privileged', 'mount -t tmpfs none /tmp && echo mounted')).toBe('mounted\n')
      expect(await host.inside('privileged', 'echo me > /proc/sys/kernel/hostname && hostname')).toBe('me\n')
      expect(await host.inside('privileged', 'ls -d /dev/kmsg /dev/fuse')).toBe('/dev/fuse\n/dev/kmsg\n')
      expect(
        await host.inside('privileged', 'mknod /tmp/fuse c 10 229 && : < /tmp/fuse && echo opened'),
      ).toBe('opened\n')
    })

    it('shares the namespaces of the host that it is asked to', async () => {
      const pid = await start('shared', {
        isolation: { pid: 'host', ipc: 'host', uts: 'host', cgroup: 'host' },
      })
      for (const kind of ['pid', 'ipc', 'uts', 'cgroup']) {
        expect(await namespaceOf(pid, kind), kind).toBe(await namespaceOf('self', kind))
      }
      expect(await host.inside('shared', 'hostname')).toBe(`${hostname()}\n`)
      expect(await host.inside('shared', `cat /proc/${process.pid}/comm`)).not.toBe('')
      expect(await host.inside('shared', 'grep " /dev/shm " /proc/mounts')).not.toContain('size=65536k')
    })

    it('joins the processes and the IPC of another container, and its /dev/shm', async () => {
      const pid = await start('owner', { isolation: { ipc: 'shareable' }, limits: { shmSize: 1024 * 1024 } })
      await host.inside('owner', 'echo seen > /dev/shm/word')
      const joined = { taskId: 'owner', pid }
      const isolation = { pid: { service: 'o' }, ipc: { service: 'o' } }
      const sharer = await aContainerOn(host, 'sharer', { spec: { isolation } })
      const { pid: other } = await host.runtime.create({ ...sharer, joined })
      await host.runtime.start('sharer')
      for (const kind of ['pid', 'ipc']) {
        expect(await namespaceOf(other, kind), kind).toBe(await namespaceOf(pid, kind))
        expect(await namespaceOf(other, kind), kind).not.toBe(await namespaceOf('self', kind))
      }
      expect(await namespaceOf(other, 'mnt')).not.toBe(await namespaceOf(pid, 'mnt'))
      expect(await host.inside('sharer', 'cat /proc/1/cmdline /dev/shm/word')).toBe('sleep\x001000\x00seen\n')
      expect(await host.inside('sharer', 'grep " /dev/shm " /proc/mounts')).toContain('size=1024k')
      const ended = ['owner', 'sharer'].map((id) => exitOf(host.runtime, id))
      await host.runtime.kill('owner', 'SIGKILL')
      expect(await Promise.all(ended)).toMatchObject([{ exitCode: 137 }, { exitCode: 137 }])
      const again = await start('owner', { isolation: { ipc: 'shareable' } })
      expect(await host.inside('owner', 'ls /dev/shm')).toBe('')
      expect(again).not.toBe(pid)
      await host.runtime.purge('owner')
      await host.runtime.purge('sharer')
    })

    it('leaves no process of a container behind that shares the processes of another', async () => {
      const pid = await start('first', {})
      const spec = {
        isolation: { pid: { service: 'o' } },
        command: ['sh', '-c', 'sleep 4323 & exec sleep 4324'],
      }
      const second = await aContainerOn(host, 'second', { spec })
      await host.runtime.create({ ...second, joined: { taskId: 'first', pid } })
      await host.runtime.start('second')
      const seen = () => host.inside('first', 'cat /proc/[0-9]*/cmdline')
      await expect.poll(seen).toContain('4323')
      await host.runtime.purge('second')
      await expect.poll(seen).not.toContain('432')
    })

    it('leaves no process of a container behind that shares the processes of the host', async () => {
      await start('orphans', {
        isolation: { pid: 'host' },
        command: ['sh', '-c', 'sleep 4321 & exec sleep 4322'],
      })
      const cgroup = await readFile(`/proc/${(await host.runtime.state('orphans'))?.pid}/cgroup`, 'utf8')
      const controller =
        cgroup
          .split('\n')
          .find((line) => line.includes('setpoint'))
          ?.split(':') ?? []
      await host.runtime.purge('orphans')
      const path = join(
        '/sys/fs/cgroup',
        IS_V2 ? '' : (controller[1] ?? ''),
        controller[2] ?? '',
        'cgroup.procs',
      )
      expect(await readFile(path, 'utf8').catch(() => '')).toBe('')
    })

    it('has namespaces of its own where nothing is said', async () => {
      const pid = await start('own', { isolation: { cgroup: 'private' } })
      for (const kind of ['pid', 'ipc', 'uts', 'cgroup', 'mnt']) {
        expect(await namespaceOf(pid, kind), kind).not.toBe(await namespaceOf('self', kind))
      }
    })

    it('has no /dev/shm with ipc: none', async () => {
      await start('noshm', { isolation: { ipc: 'none' } })
      expect(await host.inside('noshm', 'grep -c " /dev/shm " /proc/mounts')).toBe('0\n')
    })

    it('shows all of /proc and /sys with systempaths=unconfined', async () => {
      await start('system', { isolation: { showsSystem: true } })
      expect(await host.inside('system', 'grep -c -E " /proc/(kcore|sys) " /proc/mounts')).toBe('0\n')
    })

    it('is without a filter of system calls, or with one from the host, as asked', async () => {
      await start('nofilter', { isolation: { seccomp: 'unconfined' } })
      expect(await host.inside('nofilter', 'grep ^Seccomp: /proc/self/status')).toBe('Seccomp:\t0\n')
      await mkdir(join(host.folder, 'profiles'))
      const file = join(host.folder, 'profiles', 'no-chmod.json')
      const chmod = {
        names: ['chmod', 'fchmodat', 'fchmod', 'fchmodat2'],
        action: 'SCMP_ACT_ERRNO',
        errnoRet: 95,
      }
      await writeFile(file, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [chmod] }))
      await start('filter', { isolation: { seccomp: file } })
      expect(await host.inside('filter', 'chmod 700 /tmp 2>&1')).toMatch(/not supported/)
      await start('ownfilter', {
        isolation: {
          seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ ...chmod, errnoRet: 71 }] },
        },
      })
      expect(await host.inside('ownfilter', 'chmod 700 /tmp 2>&1; grep ^Seccomp: /proc/self/status')).toMatch(
        /Protocol error\nSeccomp:\t2\n$/,
      )
      await start('usual', {})
      expect(await host.inside('usual', 'chmod 700 /tmp 2>&1; grep ^Seccomp: /proc/self/status')).toBe(
        'Seccomp:\t2\n',
      )
      expect(await refusal('nofile', { isolation: { seccomp: '/no/such/profile.json' } })).toMatch(
        /^HOST_UNABLE: The seccomp profile \/no\/such\/profile.json cannot be read on this host/,
      )
    })

    it('has further groups, by name and number', async () => {
      await start('groups', { process: { groups: ['media', '1234'] } })
      expect((await host.inside('groups', 'id -G')).trim().split(' ')).toEqual(
        expect.arrayContaining(['2000', '1234']),
      )
      expect(await refusal('nogroup', { process: { groups: ['nope'] } })).toMatch(/has no group nope/)
    })

    it('runs under an init that reaps orphans and passes signals on', async () => {
      const command = ['sh', '-c', 'trap "exit 7" TERM; sleep 0.1 & exec sh -c "sleep 1000 & wait"']
      const pid = await start('init', { process: { init: true }, command })
      await expect.poll(() => readFile(`/proc/${pid}/cmdline`, 'utf8')).toMatch(/^\/dev\/init\0--\0sh\0/)
      await host.inside('init', '(sleep 0.2 &) ; true')
      await expect
        .poll(() => host.inside('init', 'grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null'), {
          timeout: 5_000,
        })
        .toBe('')
      await host.runtime.kill('init', 'SIGTERM')
      await expect.poll(() => host.runtime.exitOf('init')).toMatchObject({ exitCode: 143 })
    })

    it('has a terminal, and keeps standard input open, as asked', async () => {
      const command = ['sh', '-c', 'test -t 0 && test -t 1 && echo terminal; sleep 1000']
      await start('tty', { process: { tty: true }, command })
      await expect
        .poll(async () => (await host.runtime.logs('tty', 5)).map(({ text }) => text.trim()))
        .toEqual(['terminal'])
      await start('open', { process: { stdinOpen: true }, command: ['sh', '-c', 'cat; echo ended'] })
      await start('shut', { command: ['sh', '-c', 'cat; echo ended'] })
      await expect.poll(async () => (await host.runtime.logs('shut', 5)).length).toBe(1)
      expect(await host.runtime.state('open')).toMatchObject({ status: 'running' })
    })

    it('runs one service with the other runtime, and finds it again', async () => {
      const { name: chosen, cgroup } = host.choice.info
      const other = chosen === 'crun' ? 'runc' : 'crun'
      if (other === 'crun' && cgroup === 'hybrid') {
        expect(await refusal('other', { isolation: { runtime: other } })).toMatch(
          /^HOST_UNABLE: Runtime: crun/,
        )
        return
      }
      const pid = await start('other', { isolation: { runtime: other } })
      expect(await host.inside('other', 'echo inside')).toBe('inside\n')
      await readFile(join(host.paths.run, other, 'other', other === 'crun' ? 'status' : 'state.json'))
      const again = await host.again()
      expect(await again.state('other')).toEqual({ status: 'running', pid })
      expect(await again.list()).toContainEqual({ id: 'other', pid })
      await again.kill('other', 'SIGKILL')
      await expect.poll(() => again.exitOf('other')).toMatchObject({ exitCode: 137 })
      await again.purge('other')
      expect(await again.state('other')).toBeUndefined()
    })

    it('mounts inside the container, wherever the links of its image lead', async () => {
      const root = join(host.folder, 'linked')
      await cp(host.image.root, root, { recursive: true, verbatimSymlinks: true })
      await rm(join(root, 'etc'), { recursive: true })
      await rm(join(root, 'data'), { recursive: true })
      await symlink('/', join(root, 'etc'))
      await symlink(`${'../'.repeat(12)}tmp`, join(root, 'data'))
      const [source, mark] = [join(host.folder, 'word'), `mark-${name}-${process.pid}`]
      await writeFile(source, 'seen')
      const image = { ...host.image, root }
      const mount = { type: 'bind' as const, source, readOnly: true }
      const mounts = ['/etc', '/data'].map((folder) => ({ ...mount, target: `${folder}/${mark}` }))
      await running({ runtime: host.runtime, image }, 'linked', { mounts })
      expect(await host.inside('linked', `cat /${mark} /tmp/${mark}`)).toBe('seenseen')
      expect([`/${mark}`, `/tmp/${mark}`].filter((path) => existsSync(path))).toEqual([])
    })

    it('refuses what neither the agent nor the host has', async () => {
      const own = /^CapEff:\t(\w+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? ''
      if (!capabilitiesIn(own).includes('CAP_SYS_RESOURCE')) {
        expect(await refusal('nocap', { capAdd: ['CAP_SYS_RESOURCE'] })).toMatch(
          /^HOST_UNABLE: Cap_add asks for CAP_SYS_RESOURCE, which the agent itself does not have/,
        )
      }
      const enabled = await readFile('/sys/module/apparmor/parameters/enabled', 'utf8').catch(() => 'N')
      if (!enabled.startsWith('Y')) {
        expect(await refusal('noaa', { isolation: { apparmor: 'docker-default' } })).toMatch(
          /^HOST_UNABLE: Security_opt asks for the AppArmor profile docker-default, and this host has no AppArmor/,
        )
      }
    })
  })
}
