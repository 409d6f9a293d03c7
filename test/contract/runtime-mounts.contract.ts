import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MountPoint, parseMounts } from '../../agent/mountinfo.ts'
import { succeed } from '../../agent/runtime/exec.ts'
import type { ResolvedMount } from '../../agent/runtime/runtime.ts'
import { type OciHost, running } from '../support/oci-host.ts'

/** What a container sees of the folders that are mounted for it, and what the kernel says. */
export function mountsContract(name: string, open: () => Promise<OciHost>): void {
  describe(`${name}: a container's mounts`, () => {
    let host: OciHost
    let source: string

    beforeAll(async () => {
      host = await open()
      source = join(host.folder, 'source')
      await mkdir(join(source, 'disk'), { recursive: true })
      await mkdir(join(source, 'later'))
      await succeed(['mount', '--bind', source, source])
      await succeed(['mount', '--make-shared', source])
      await succeed(['mount', '-t', 'tmpfs', 'tmpfs', join(source, 'disk')])
      await writeFile(join(source, 'disk/word'), 'below')
    })
    afterAll(async () => {
      await succeed(['umount', '--recursive', source])
      expect(await host.close()).toEqual([])
    })

    const bind = (more: Partial<ResolvedMount>): ResolvedMount => ({
      ...{ type: 'bind', source, target: '/in', readOnly: false },
      ...more,
    })
    const mountsOf = async (pid: number): Promise<MountPoint[]> =>
      parseMounts(await readFile(`/proc/${pid}/mountinfo`, 'utf8'))

    it.each([
      ['enabled', undefined, 'Read-only file system', 'Read-only file system'],
      ['readonly', 'readonly', 'Read-only file system', 'Read-only file system'],
      ['writable', 'writable', 'Read-only file system', ''],
    ] as const)('read-only, and below it: recursive %s', async (id, recursive, above, below) => {
      const mount = bind({ readOnly: true, ...(recursive && { recursive }) })
      await running(host, id, { mounts: [mount] })
      expect(await host.inside(id, 'touch /in/x 2>&1')).toContain(above)
      expect(await host.inside(id, `cat /in/disk/word; touch /in/disk/${id} 2>&1`)).toMatch(
        new RegExp(`^below.*${below}`, 's'),
      )
      expect(await host.inside(id, `[ -e /in/disk/${id} ] && echo written`)).toBe(below ? '' : 'written\n')
      await host.runtime.purge(id)
    })

    it('that follow the host see what it mounts later, and others do not', async () => {
      const later = join(source, 'later')
      const slave = await running(host, 'slave', { mounts: [bind({ propagation: 'rslave' })] })
      await running(host, 'alone', { mounts: [bind({})] })
      expect((await mountsOf(slave)).find(({ target }) => target === '/in')).toMatchObject({ slave: true })
      await succeed(['mount', '-t', 'tmpfs', 'tmpfs', later])
      try {
        await writeFile(join(later, 'word'), 'late')
        expect(await host.inside('slave', 'cat /in/later/word')).toBe('late')
        expect(await host.inside('alone', 'ls /in/later')).toBe('')
      } finally {
        await succeed(['umount', later])
      }
      await Promise.all(['slave', 'alone'].map((id) => host.runtime.purge(id)))
    })

    it('have below them what the host has mounted since the runtime was opened', async () => {
      const folder = join(host.folder, 'private')
      const disk = join(folder, 'disk')
      await mkdir(disk, { recursive: true })
      const mounts = [bind({ source: folder })]
      await running(host, 'before', { mounts })
      await succeed(['mount', '-t', 'tmpfs', 'tmpfs', disk])
      try {
        await writeFile(join(disk, 'word'), 'late')
        await running(host, 'after', { mounts })
        expect(await host.inside('after', 'cat /in/disk/word')).toBe('late')
        await Promise.all(['before', 'after'].map((id) => host.runtime.purge(id)))
      } finally {
        await succeed(['umount', disk])
      }
    })

    it('that are shared show the host what the container mounts, where the runtime can', async () => {
      const mounts = [bind({ propagation: 'rshared' })]
      if (host.choice.prefix.length > 0) {
        await expect(running(host, 'shared', { mounts })).rejects.toMatchObject({
          code: 'MOUNT_FAILED',
          hint: expect.stringContaining('`runtime: runc`'),
        })
        return
      }
      const pid = await running(host, 'shared', { mounts })
      expect((await mountsOf(pid)).find(({ target }) => target === '/in')).toMatchObject({ shared: true })
      await succeed(['nsenter', '--target', String(pid), '--mount', 'mount', '-t', 'tmpfs', 'x', '/in/later'])
      const seen = parseMounts(await readFile('/proc/self/mountinfo', 'utf8'))
      expect(seen.map(({ target }) => target)).toContain(join(source, 'later'))
      await succeed(['umount', join(source, 'later')])
      await host.runtime.purge('shared')
    })

    it('in memory have what they are asked for', async () => {
      const options = ['exec', 'gid=1001', 'nr_inodes=100', 'uid=1000']
      const mount: ResolvedMount = { type: 'tmpfs', source: '', target: '/t', readOnly: false, mode: 0o750 }
      const pid = await running(host, 'tmpfs', { mounts: [{ ...mount, size: 65_536, options }] })
      const script = 'echo "echo ran" > /t/run; chmod +x /t/run; /t/run; stat -c "%a %u %g" /t'
      expect(await host.inside('tmpfs', script)).toBe('ran\n750 1000 1001\n')
      expect(await host.inside('tmpfs', 'head -c 99999 /dev/zero > /t/big; stat -c %s /t/big')).toMatch(
        /^61440$/m,
      )
      const found = (await mountsOf(pid)).find(({ target }) => target === '/t')
      expect(found?.options).toEqual(expect.arrayContaining(['size=64k', 'nr_inodes=100', 'uid=1000']))
      expect(await host.inside('tmpfs', 'grep " /t " /proc/self/mountinfo')).toMatch(
        / rw,nosuid,nodev,relatime/,
      )
      await host.runtime.purge('tmpfs')
    })
  })
}
