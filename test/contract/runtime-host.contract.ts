import { spawn } from 'node:child_process'
import { access, mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readMounts } from '../../agent/mountinfo.ts'
import { startTimeOf } from '../../agent/processes.ts'
import { run, succeed } from '../../agent/runtime/exec.ts'
import type { Runtime } from '../../agent/runtime/runtime.ts'
import { aContainerOn, exitOf, type OciHost, openOciHost, running } from '../support/oci-host.ts'

/** What a real runtime does with the host that it runs on. */
export function hostContract(name: string, wanted: 'auto' | 'runc'): void {
  describe(`${name}: containers on a host`, () => {
    let host: OciHost
    let runtime: Runtime
    beforeAll(async () => {
      host = await openOciHost(wanted)
      runtime = host.runtime
    })
    afterEach(async () => {
      for (const { id } of await runtime.list()) await runtime.purge(id)
    })
    afterAll(async () => {
      expect(await host.close()).toEqual([])
      expect(host.logged).toEqual([])
    })

    it('gives the process its command line, environment, folder and cgroup', async () => {
      const pid = await running(host, 'process', {
        spec: {
          entrypoint: ['sleep'],
          command: ['999'],
          environment: { COLOUR: 'red', B: 'spec' },
          workingDir: '/made/here',
        },
        config: { entrypoint: ['false'], command: ['x'], environment: { B: 'image', C: 'image' } },
      })
      await expect.poll(() => readFile(`/proc/${pid}/cmdline`, 'utf8')).toBe('sleep\u0000999\u0000')
      expect(await readlink(`/proc/${pid}/cwd`)).toBe('/made/here')
      expect((await readFile(`/proc/${pid}/environ`, 'utf8')).split('\u0000')).toEqual(
        expect.arrayContaining(['COLOUR=red', 'B=spec', 'C=image', 'HOSTNAME=web-2']),
      )
      expect(await readFile(`/proc/${pid}/cgroup`, 'utf8')).toContain(
        `/setpoint/${host.paths.instance}/process`,
      )
    })

    it('mounts one file read-only, and a folder', async () => {
      const [folder, file] = [join(host.paths.state, 'shown'), join(host.paths.state, 'shown', 'file')]
      await mkdir(folder, { recursive: true })
      await writeFile(file, 'shown\n')
      const shown = { type: 'bind' as const, readOnly: true }
      await running(host, 'files', {
        mounts: [
          { ...shown, source: file, target: '/one' },
          { ...shown, source: folder, target: '/all' },
        ],
      })
      expect(await host.inside('files', 'cat /one /all/file')).toBe('shown\nshown\n')
      expect(await host.inside('files', 'echo x > /one; echo x > /all/file; true')).toMatch(
        /one: Read-only file system\n.*file: Read-only file system/,
      )
    })

    it('keeps what a task has written over its runs, and takes it away with the task', async () => {
      await running(host, 'writer')
      await host.inside('writer', 'echo mine > /data/mine; echo changed > /data/hello')
      await runtime.delete('writer')
      await running(host, 'writer')
      expect(await host.inside('writer', 'cat /data/mine /data/hello')).toBe('mine\nchanged\n')
      await runtime.purge('writer')
      await running(host, 'writer')
      expect(await host.inside('writer', 'ls /data; cat /data/hello')).toBe('hello\nfrom the image\n')
    })

    it('leaves nothing of a purged task, while it was running, and keeps what is not its own', async () => {
      await running(host, 'gone')
      const journal = join(host.paths.task('gone'), 'journal.json')
      await writeFile(journal, '{}')
      await runtime.purge('gone')
      expect(await readdir(host.paths.task('gone'))).toEqual(['journal.json'])
      await expect(access(host.paths.taskRun('gone'))).rejects.toThrow()
      expect((await readMounts()).filter(({ target }) => target.includes('/tasks/gone/'))).toEqual([])
      expect(await runtime.limits('gone')).toBeUndefined()
    })

    it('mounts roots that are asked for at once, each with a layer of its own', async () => {
      const ids = ['many-1', 'many-2', 'many-3']
      const roots = await Promise.all(ids.map((id) => runtime.mountRoot(id, host.image)))
      try {
        await Promise.all(roots.map((root, n) => writeFile(join(root, 'mine'), String(n))))
        const found = await Promise.all(roots.map((root) => readFile(join(root, 'mine'), 'utf8')))
        expect(found).toEqual(['0', '1', '2'])
        await expect(readFile(join(host.image.root, 'mine'))).rejects.toThrow('ENOENT')
      } finally {
        await Promise.all(ids.map((id) => runtime.purge(id)))
      }
    })

    it('makes the view of a root once, and anew when the image is another', async () => {
      const mounted = async () => (await readMounts()).filter(({ target }) => target.includes('/tasks/root/'))
      const path = await runtime.mountRoot('root', host.image)
      expect(await runtime.mountRoot('root', host.image)).toBe(path)
      expect(await mounted()).toHaveLength(1)
      await runtime.mountRoot('root', { ...host.image, root: join(host.image.root, 'data') })
      expect(await mounted()).toHaveLength(1)
      expect(await readdir(path)).toEqual(['hello'])
      await runtime.purge('root')
      expect(await mounted()).toEqual([])
    })

    it('keeps the lines that a container writes, the last ones first to hand', async () => {
      const ended = exitOf(runtime, 'talk')
      const script = 'echo one; echo two >&2; i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i+1)); done'
      await running(host, 'talk', { spec: { command: ['sh', '-c', script] } })
      await ended
      expect((await runtime.logs('talk', 2)).map(({ text }) => text)).toEqual(['line 2998', 'line 2999'])
      const all = await runtime.logs('talk', 10_000)
      expect(all).toHaveLength(3002)
      expect(all.find(({ text }) => text === 'two')).toMatchObject({
        stream: 'stderr',
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}/),
      })
      await runtime.delete('talk')
      expect(await runtime.logs('talk', 1)).toMatchObject([{ text: 'line 2999' }])
    })

    it('joins the parts of a long line', async () => {
      const ended = exitOf(runtime, 'long')
      const script = 'yes abcdefgh | head -n 3000 | while read x; do echo -n $x; done; echo; echo end'
      await running(host, 'long', { spec: { command: ['sh', '-c', script] } })
      await ended
      const [line, last] = await runtime.logs('long', 2)
      expect(line?.text).toBe('abcdefgh'.repeat(3000))
      expect(last?.text).toBe('end')
    })

    it('gives exit code and output of a command, the output cut at 4096 bytes', async () => {
      await running(host, 'probe')
      const failing = await runtime.exec('probe', ['sh', '-c', 'echo out; echo err >&2; exit 3'], {
        timeout: 10_000,
      })
      expect(failing).toEqual({ exitCode: 3, output: 'out\nerr\n', timedOut: false })
      const noisy = await runtime.exec('probe', ['sh', '-c', 'yes | head -n 100000'], { timeout: 10_000 })
      expect(noisy.output).toHaveLength(4096)
      const unknown = await runtime.exec('probe', ['no-such-program'], { timeout: 10_000 })
      expect(unknown.exitCode).toBeGreaterThan(0)
      expect(unknown.output).toContain('no-such-program')
    })

    it("runs a command as the container's user, and leaves the host's /dev/null to root", async () => {
      await running(host, 'alice', { spec: { user: '1000:1001', process: { tty: true } } })
      expect(await host.inside('alice', 'id -u; id -g; cat')).toBe('1000\n1001\n')
      expect(await stat('/dev/null')).toMatchObject({ uid: 0, gid: 0 })
    })

    it('ends a command that takes too long, with all that it has started', async () => {
      const pid = await running(host, 'slow')
      const result = await runtime.exec('slow', ['sh', '-c', 'echo begun; sleep 555 & sleep 556'], {
        timeout: 500,
      })
      expect(result).toMatchObject({ output: 'begun\n', timedOut: true })
      const processes = await host.inside('slow', 'cat /proc/[0-9]*/cmdline')
      expect(processes).not.toMatch(/55[56]/)
      expect(await runtime.state('slow')).toEqual({ status: 'running', pid })
      expect((await readdir(host.paths.taskRun('slow'))).filter((file) => file.startsWith('exec-'))).toEqual(
        [],
      )
    })

    it('ends what an agent before was running, and no process of the host that has its pid by now', async () => {
      await running(host, 'asked', { spec: { isolation: { pid: 'host' } } })
      const other = spawn('sleep', ['557'])
      const left = runtime.exec('asked', ['sleep', '558'], { timeout: 60_000 })
      const folder = host.paths.taskRun('asked')
      const isBegun = async () => {
        const file = (await readdir(folder)).find((name) => /^exec-.*pid$/.test(name)) ?? 'none'
        return Number(await readFile(join(folder, file), 'utf8').catch(() => '0')) > 0
      }
      await expect.poll(isBegun).toBe(true)
      await writeFile(join(folder, 'exec-1-1.pid'), String(other.pid))
      await host.again()
      expect(await left).toMatchObject({ exitCode: 137, timedOut: false })
      expect((await readdir(folder)).filter((name) => name.startsWith('exec-'))).toEqual([])
      expect(startTimeOf(other.pid ?? 0)).toBeDefined()
      other.kill('SIGKILL')
    })

    it('says when the kernel has killed for want of memory', async () => {
      const ended = exitOf(runtime, 'hungry')
      await running(host, 'hungry', {
        spec: {
          command: ['sh', '-c', 'exec dd if=/dev/zero of=/dev/shm/x bs=1M count=60'],
          resources: { memory: 16 * 1024 * 1024 },
        },
      })
      const exit = await ended
      expect(exit).toMatchObject({ exitCode: 137, oomKilled: true })
      await runtime.delete('hungry')
      expect(await runtime.exitOf('hungry')).toEqual(exit)
    })

    it('sends the signal that is asked for', async () => {
      const ended = exitOf(runtime, 'polite')
      const script = 'trap "exit 7" TERM; trap "exit 8" USR1; echo ready; while true; do sleep 0.05; done'
      await running(host, 'polite', { spec: { command: ['sh', '-c', script] } })
      await expect.poll(() => runtime.logs('polite', 1)).toMatchObject([{ text: 'ready' }])
      await runtime.kill('polite', 'SIGUSR1')
      expect(await ended).toMatchObject({ exitCode: 8 })
    })

    it.each([
      ['no such program', { command: ['no-such-program'] }, 'RUNTIME_FAILED', /no such program in its PATH/],
      ['no command', { command: [] as string[] }, 'RUNTIME_FAILED', /Set command or entrypoint/],
      ['a capability that is none', { capAdd: ['FLY'] }, 'RUNTIME_FAILED', /capabilities\(7\)/],
    ])('says what to do about %s, and leaves nothing behind', async (_, spec, code, hint) => {
      const attempt = running(host, 'bad', { spec })
      await expect(attempt).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) })
      expect(await runtime.list()).not.toContainEqual(
        expect.objectContaining({ pid: expect.not.toBeOneOf([0]) }),
      )
      await runtime.purge('bad')
      expect(await runtime.list()).toEqual([])
    })

    it('says that the source of a mount is missing', async () => {
      const mount = { type: 'bind' as const, source: '/no/such/folder', target: '/in', readOnly: false }
      const container = await aContainerOn(host, 'nomount', { mounts: [mount] })
      await expect(runtime.create(container)).rejects.toMatchObject({
        code: 'MOUNT_FAILED',
        message: expect.stringContaining('/no/such/folder'),
      })
    })

    it('joins a network namespace, also one that was made after the runtime was opened', async () => {
      const netns = `setpoint-test-${process.pid}-${wanted}`
      await succeed(['ip', 'netns', 'add', netns])
      try {
        const pid = await running(host, 'net', { netns: `/run/netns/${netns}`, spec: { user: 'alice' } })
        expect(await readlink(`/proc/${pid}/ns/net`)).not.toBe(await readlink('/proc/self/ns/net'))
        expect((await succeed(['ip', 'netns', 'pids', netns])).trim()).toBe(String(pid))
        // a user may listen on a low port, as in Docker
        expect(
          await host.inside(
            'net',
            'nc -l -p 80 > /dev/null 2>&1 & sleep 0.1; grep -c " 0A " /proc/net/tcp /proc/net/tcp6',
          ),
        ).toContain(':1')
        await runtime.purge('net')
      } finally {
        await succeed(['ip', 'netns', 'delete', netns])
      }
    })

    it('shows a container what was mounted on the host after the runtime was opened', async () => {
      const source = join(host.folder, 'late')
      await succeed(['mkdir', source])
      await succeed(['mount', '-t', 'tmpfs', 'tmpfs', source])
      try {
        await writeFile(join(source, 'word'), 'late')
        const pid = await running(host, 'early')
        await running(host, 'late', { mounts: [{ type: 'bind', source, target: '/in', readOnly: false }] })
        expect(await host.inside('late', 'cat /in/word')).toBe('late')
        expect(await host.inside('early', 'echo fine')).toBe('fine\n')
        expect(await runtime.state('early')).toEqual({ status: 'running', pid })
        await runtime.purge('late')
      } finally {
        await succeed(['umount', source])
      }
    })

    it('starts many at once', async () => {
      const ids = Array.from({ length: 12 }, (_, index) => `many-${index}`)
      await Promise.all(ids.map((id) => running(host, id)))
      const list = await runtime.list()
      expect(list.map(({ id }) => id).sort()).toEqual([...ids].sort())
      expect(new Set(list.map(({ pid }) => pid)).size).toBe(12)
      await Promise.all(ids.map((id) => runtime.purge(id)))
      expect(await runtime.list()).toEqual([])
    })

    it('lets another agent over the same folders find everything, and hear of what ends', async () => {
      const pid = await running(host, 'adopted')
      const before = exitOf(runtime, 'missed')
      await running(host, 'missed', { spec: { command: ['sh', '-c', 'exit 5'] } })
      await before
      const next = await host.again()
      expect(await next.list()).toContainEqual({ id: 'adopted', pid })
      expect(await next.state('adopted')).toEqual({ status: 'running', pid })
      expect(await next.exitOf('missed')).toMatchObject({ exitCode: 5 })
      const ended = exitOf(next, 'adopted')
      process.kill(pid, 'SIGKILL')
      expect(await ended).toMatchObject({ exitCode: 137 })
    })

    it('notices a container that died together with its conmon', async () => {
      const pid = await running(host, 'orphan')
      const conmon = Number(await readFile(join(host.paths.taskRun('orphan'), 'conmon.pid'), 'utf8'))
      process.kill(conmon, 'SIGKILL')
      expect(await runtime.state('orphan')).toEqual({ status: 'running', pid })
      process.kill(pid, 'SIGKILL')
      await expect.poll(() => runtime.state('orphan')).toEqual({ status: 'stopped', pid: 0 })
      await expect.poll(() => runtime.exitOf('orphan')).toMatchObject({ exitCode: 255, oomKilled: false })
      const next = await running(host, 'orphan')
      expect(await runtime.state('orphan')).toEqual({ status: 'running', pid: next })
    })

    it('does not take another process for a container whose pid it has got', async () => {
      await running(host, 'reused')
      const record = join(
        host.paths.run,
        host.choice.info.name,
        'reused',
        host.choice.info.name === 'runc' ? 'state.json' : 'status',
      )
      const text = await readFile(record, 'utf8')
      const forged = text
        .replace(/("process-start-time":\s*)\d+/, '$11')
        .replace(/("init_process_start":\s*)\d+/, '$11')
      expect(forged).not.toBe(text)
      await writeFile(record, forged)
      expect(await runtime.state('reused')).toEqual({ status: 'stopped', pid: 0 })
      await writeFile(record, text)
    })

    it('keeps conmon out of the session of the agent', async () => {
      await running(host, 'session')
      const conmon = Number(await readFile(join(host.paths.taskRun('session'), 'conmon.pid'), 'utf8'))
      const own = (await run(['ps', '-o', 'sid=', '-p', String(process.pid)])).stdout.trim()
      const [sid, parent] = (await run(['ps', '-o', 'sid=,ppid=', '-p', String(conmon)])).stdout
        .trim()
        .split(/\s+/)
      expect(sid).not.toBe(own)
      expect(parent).not.toBe(String(process.pid))
    })
  })
}
