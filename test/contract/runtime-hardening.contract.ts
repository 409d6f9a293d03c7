import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Runtime } from '../../agent/runtime/runtime.ts'
import { aContainerOn, type ContainerOptions, type OciHost, running } from '../support/oci-host.ts'

/** What a container may not do, seen from inside it. */
export function hardeningContract(name: string, open: () => Promise<OciHost>): void {
  describe(`${name}: a container's confinement`, () => {
    let host: OciHost
    let runtime: Runtime
    beforeAll(async () => {
      host = await open()
      runtime = host.runtime
      await running(host, 'plain')
      await running(host, 'plain-too')
    })
    afterAll(async () => {
      expect(await host.close()).toEqual([])
    })

    /** What the first process itself is. */
    const statusOf = async (id: string) =>
      Object.fromEntries(
        (await host.inside(id, 'cat /proc/1/status'))
          .split('\n')
          .map((line) => line.split(':\t').map((part) => part.trim())),
      )
    const start = async (id: string, options: ContainerOptions) => {
      await running(host, id, options)
      return statusOf(id)
    }

    it.each(['plain', 'plain-too'])(
      "gives %s Docker's 14 capabilities and a filter of system calls",
      async (id) => {
        // 0xa80425fb: what /proc/self/status shows in a container of `docker run` without options
        expect(await statusOf(id)).toMatchObject({
          CapInh: '0000000000000000',
          CapPrm: '00000000a80425fb',
          CapEff: '00000000a80425fb',
          CapBnd: '00000000a80425fb',
          CapAmb: '0000000000000000',
          NoNewPrivs: '0',
          Seccomp: '2',
          Seccomp_filters: '1',
        })
      },
    )

    it.each(['plain', 'plain-too'])('lets no namespace or mount be made in %s', async (id) => {
      expect(await host.inside(id, 'unshare -U true 2>&1')).toContain('Operation not permitted')
      expect(await host.inside(id, 'unshare -n true 2>&1')).toContain('Operation not permitted')
      expect(await host.inside(id, 'mount -t tmpfs none /tmp 2>&1')).toContain('permission denied')
    })

    it('runs a command under the same confinement', async () => {
      const lines = await host.inside('plain', 'grep -E "^(CapBnd|CapEff|Seccomp):" /proc/self/status')
      expect(lines).toBe('CapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nSeccomp:\t2\n')
    })

    it('adds and drops capabilities', async () => {
      const capabilities = { capAdd: ['NET_ADMIN'], capDrop: ['ALL'] }
      expect(await start('caps', { spec: capabilities })).toMatchObject({
        CapBnd: '0000000000001000',
        Seccomp: '2',
      })
    })

    it('leaves no capability to a user', async () => {
      expect(await start('user', { spec: { user: 'alice' } })).toMatchObject({
        Uid: '1000\t1000\t1000\t1000',
        Gid: '1001\t1001\t1001\t1001',
        Groups: '2000',
        CapPrm: '0000000000000000',
        CapEff: '0000000000000000',
      })
    })

    it('keeps new privileges away on request', async () => {
      expect(await start('nnp', { spec: { noNewPrivileges: true } })).toMatchObject({ NoNewPrivs: '1' })
    })

    it('has a read-only root on request, with /dev/shm and tmpfs mounts to write to', async () => {
      await start('ro', {
        spec: { readOnly: true },
        mounts: [
          { type: 'tmpfs', source: '', target: '/scratch', readOnly: false, size: 1024 * 1024, mode: 0o700 },
        ],
      })
      expect(await host.inside('ro', 'touch /file 2>&1')).toContain('Read-only file system')
      expect(await host.inside('ro', 'touch /dev/shm/file /scratch/file && stat -c %a /scratch')).toBe(
        '700\n',
      )
    })

    it('hides and protects what the kernel shows of the host', async () => {
      const masked = ['/proc/acpi', '/proc/interrupts', '/proc/keys', '/proc/timer_list', '/sys/firmware']
      for (const path of masked)
        expect(await host.inside('plain', `cat ${path}/* ${path} 2>/dev/null`)).toBe('')
      const refused = /Read-only file system|Permission denied/
      expect(await host.inside('plain', 'echo 1 2>&1 > /proc/sys/kernel/panic')).toMatch(refused)
      expect(await host.inside('plain', 'mkdir /sys/fs/cgroup/pids/x /sys/fs/cgroup/x 2>&1')).toMatch(refused)
    })

    it('gives access to no device of the host', async () => {
      const script =
        'mknod /tmp/disk b 254 0 && head -c 1 /tmp/disk 2>&1; mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem 2>&1'
      expect((await host.inside('plain', script)).match(/Operation not permitted/g)).toHaveLength(2)
      expect(await host.inside('plain', 'head -c 2 /dev/zero | head -c 1 > /dev/null && echo fine')).toBe(
        'fine\n',
      )
    })

    it('has processes, host name and message queues of its own', async () => {
      const pid = (await runtime.state('plain'))?.pid
      expect(await host.inside('plain', 'hostname; ls -d /proc/[0-9]* | head -n 1; ls /dev/mqueue')).toBe(
        'web-2\n/proc/1\n',
      )
      expect(await host.inside('plain', `ls -d /proc/${pid} 2>&1`)).toContain('No such file')
    })

    it('mounts a read-only folder read-only, mounts below it included', async () => {
      const source = join(host.folder, 'shared')
      await mkdir(source)
      await writeFile(join(source, 'word'), 'seen')
      await start('mounts', {
        mounts: [
          { type: 'bind', source, target: '/in/a', readOnly: true },
          { type: 'bind', source, target: '/in/b', readOnly: false },
        ],
      })
      expect(
        await host.inside('mounts', 'cat /in/a/word; touch /in/a/x 2>&1; touch /in/b/y; ls /in/a'),
      ).toMatch(/^seen.*Read-only file system\nword\ny\n$/s)
    })

    it('takes no orders to the runtime from labels', async () => {
      const labels = { 'run.oci.seccomp_bpf_data': 'AAAA', 'run.oci.handler': 'wasm' }
      expect(await start('labels', { spec: { labels } })).toMatchObject({
        Seccomp: '2',
        Seccomp_filters: '1',
      })
    })

    it('refuses to make a container for a user that the image does not have', async () => {
      const container = await aContainerOn(host, 'nouser', { spec: { user: 'bob' } })
      await expect(runtime.create(container)).rejects.toMatchObject({
        code: 'RUNTIME_FAILED',
        message: 'The image has no user bob in its /etc/passwd.',
      })
    })
  })
}
