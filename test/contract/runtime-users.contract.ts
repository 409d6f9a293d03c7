import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hold } from '../../agent/runtime/hold.ts'
import type { Container, ResolvedMount } from '../../agent/runtime/runtime.ts'
import type { Users } from '../../agent/runtime/users/users.ts'
import type { ContainerSpec } from '../../schemas/container.ts'
import { aTask, type OciHost } from '../support/oci-host.ts'

const CLAIMS = '/run/setpoint/users'

/** Containers with users of their own, seen from inside and from the kernel. */
export function usersContract(name: string, open: () => Promise<OciHost>): void {
  describe(`${name}: isolation of users`, () => {
    let host: OciHost
    const networks: string[] = []
    beforeAll(async () => {
      host = await open()
      await chmod(host.folder, 0o711)
    })
    afterAll(async () => {
      for (const network of networks) execFileSync('ip', ['netns', 'del', network])
      expect(await host.close()).toEqual([])
    })

    const usersOf = async (id: string) =>
      (await host.runtime.openUsers(aTask(id, { isolation: { users: 'own' } }))) as Users

    /** As the image's layers are mounted for a task: with its ids. */
    function movedImage(first: number): string {
      const root = join(host.folder, `image-${first}`)
      execFileSync('cp', ['--archive', host.image.root, root])
      execFileSync('chown', ['--recursive', '--no-dereference', `${first}:${first}`, root])
      return root
    }

    async function networkOf({ path, first }: Users): Promise<string> {
      const network = `spu-${process.pid}-${first}`
      const held = await hold(['nsenter', `--user=${path}`, 'unshare', '--net'])
      execFileSync('ip', ['netns', 'attach', network, String(held.pid)])
      networks.push(network)
      await held.end()
      return `/run/netns/${network}`
    }

    async function containerOf(
      id: string,
      { spec = {}, mounts = [] }: { spec?: Partial<ContainerSpec>; mounts?: ResolvedMount[] } = {},
    ): Promise<Container & { users: Users }> {
      const users = await usersOf(id)
      const task = aTask(id, { ...spec, isolation: { users: 'own' } })
      const image = { ...host.image, root: movedImage(users.first) }
      const rootfs = await host.runtime.mountRoot(id, image, users)
      return { task, image: host.image, rootfs, netns: await networkOf(users), mounts, users }
    }

    async function running(container: Container): Promise<number> {
      const { pid } = await host.runtime.create(container)
      await host.runtime.start(container.task.id)
      return pid
    }

    const inside = async (id: string, script: string) =>
      (await host.runtime.exec(id, ['sh', '-c', script], { timeout: 10_000 })).output

    it('gives each task a range of its own, until it is purged', async () => {
      const [one, other] = [await usersOf('one'), await usersOf('other')]
      expect(Math.abs(one.first - other.first)).toBeGreaterThanOrEqual(65_536)
      expect(await usersOf('one')).toEqual(one)
      expect(existsSync(join(CLAIMS, String(one.first)))).toBe(true)
      await host.runtime.purge('one')
      await host.runtime.purge('one')
      expect(existsSync(join(CLAIMS, String(one.first)))).toBe(false)
      expect(existsSync(join(CLAIMS, String(other.first)))).toBe(true)
      await host.runtime.purge('other')
    })

    it('leaves a range alone that another agent has claimed', async () => {
      const { first } = await usersOf('early')
      await host.runtime.purge('early')
      await mkdir(CLAIMS, { recursive: true })
      const file = join(CLAIMS, String(first))
      await writeFile(file, 'ffffffff/early')
      const next = await usersOf('early')
      expect(next.first).not.toBe(first)
      await host.runtime.purge('early')
      expect(await readFile(file, 'utf8')).toBe('ffffffff/early')
      execFileSync('rm', [file])
    })

    it('is root inside, with its own namespaces, and nobody outside', async () => {
      const container = await containerOf('root', { spec: { limits: { shmSize: 1 << 20 } } })
      const { first } = container.users
      const pid = await running(container)
      expect((await stat(`/proc/${pid}`)).uid).toBe(first)
      expect(await inside('root', 'id -u; cat /proc/self/uid_map')).toMatch(
        new RegExp(`^0\n\\s+0\\s+${first}\\s+65536\n$`),
      )
      expect(
        await inside('root', 'stat -c %u:%g / /bin/busybox /dev/shm; touch /made && stat -c %u /made'),
      ).toBe('0:0\n0:0\n0:0\n0\n')
      expect((await stat(join(container.rootfs, 'made'))).uid).toBe(first)
      for (const kind of ['user', 'net', 'pid', 'mnt', 'ipc', 'uts']) {
        expect(await readlink(`/proc/${pid}/ns/${kind}`), kind).not.toBe(
          await readlink(`/proc/self/ns/${kind}`),
        )
      }
    })

    it('never gives /dev/null of the host away, and lets /dev/stdout be opened', async () => {
      const command = ['sh', '-c', 'echo out > /dev/stdout; echo err > /dev/stderr; exec sleep 1000']
      await running(await containerOf('output', { spec: { command, user: '1000:1000' } }))
      await expect
        .poll(async () => (await host.runtime.logs('output', 5)).map(({ text }) => text).sort())
        .toEqual(['err', 'out'])
      await inside('output', 'id')
      expect(await stat('/dev/null')).toMatchObject({ uid: 0, gid: 0 })
    })

    it('keeps its root from all others of the host', async () => {
      const { rootfs } = await containerOf('closed')
      const asUser = (path: string) =>
        execFileSync('setpriv', ['--reuid=12345', '--regid=12345', '--clear-groups', 'ls', path], {
          stdio: 'pipe',
        })
      expect(() => asUser(rootfs)).toThrow('Permission denied')
      expect(() => asUser(join(host.paths.run, 'tasks'))).toThrow('Permission denied')
    })

    it('has no other users', async () => {
      const container = await containerOf('many', { spec: { user: '70000' } })
      await expect(host.runtime.create(container)).rejects.toThrow('70000 is none of them')
    })

    it('says so when nobody can get to the run folder', async () => {
      await chmod(host.folder, 0o700)
      await expect(containerOf('hidden')).rejects.toMatchObject({
        code: 'HOST_UNABLE',
        message: expect.stringContaining(`${host.folder} lets nobody through`),
      })
      await chmod(host.folder, 0o711)
    })

    const isCrun = () => host.choice.info.name === 'crun'
    const data = async (id: string) => {
      const source = join(host.folder, `data-${id}`)
      await mkdir(join(source, 'below'), { recursive: true })
      return { type: 'bind' as const, source, target: '/data', readOnly: false }
    }

    it('sees owners in what is mounted as they are, where the runtime can move them', async () => {
      const mount = await data('moved')
      const readOnly = { ...mount, target: '/readonly', readOnly: true }
      const container = await containerOf('moved', { mounts: [mount, readOnly] })
      if (!isCrun()) {
        await expect(host.runtime.create(container)).rejects.toMatchObject({ code: 'HOST_UNABLE' })
        return
      }
      await running(container)
      expect(await inside('moved', 'stat -c %u:%g /data; touch /data/made; touch /readonly/no')).toMatch(
        /^0:0\n.*Read-only/,
      )
      expect((await stat(join(mount.source, 'made'))).uid).toBe(0)
    })

    it('is refused where mounts below a mount would be left out', async () => {
      const mount = await data('below')
      const container = await containerOf('below', { mounts: [mount] })
      if (!isCrun()) return
      execFileSync('mount', ['-t', 'tmpfs', 'none', join(mount.source, 'below')])
      try {
        await expect(host.runtime.create(container)).rejects.toMatchObject({
          code: 'HOST_UNABLE',
          message: expect.stringContaining('mounts below a mount are not taken along'),
        })
      } finally {
        execFileSync('umount', [join(mount.source, 'below')])
      }
    })
  })
}
