import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandOf } from '../../agent/runtime/context.ts'
import { execute } from '../../agent/session/exec.ts'
import { sweepCommands } from '../../agent/session/hang-up.ts'
import { commandsFolder, type Reach } from '../../agent/session/reach.ts'
import { sendProcesses } from '../../agent/session/top.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import { FRAME, type Frame, jsonFrame, jsonOf } from '../../schemas/session/frames.ts'
import type { ExecRequest, ProcessLine } from '../../schemas/session/request.ts'
import { aStatus } from '../support/builders.ts'
import { aTask, type OciHost, openOciHost, running } from '../support/oci-host.ts'

describe.each(['crun', 'runc'] as const)('a command in a container of %s', (name) => {
  let host: OciHost
  let reach: Reach

  beforeAll(async () => {
    host = await openOciHost(name)
    const limits = { oomScoreAdj: 300 }
    const spec = { user: 'alice', environment: { WORD: 'own' }, capDrop: ['ALL'], limits }
    await running(host, 'shell', { spec })
    const task = aTask('shell', spec)
    const known = { task, status: aStatus(task), imageRoot: host.image.root, mounts: [] }
    reach = {
      ...{ paths: host.paths, runtime: host.runtime, tasks: { known: () => [known] } },
      ...{ command: commandOf(host.paths, host.choice), cgroup: host.choice.info.cgroup },
      ...{ volumes: { remove: async () => {} }, uses: { of: () => undefined } },
    }
  })
  afterAll(async () => expect(await host.close()).toEqual([]))

  const run = async (argv: string[], rest: Partial<ExecRequest> = {}, input: Frame[] = [END]) => {
    const channel = aChannel(input)
    await execute(
      { kind: 'exec', taskId: 'shell', argv, tty: false, environment: [], ...rest },
      channel,
      reach,
    )
    return channel.said()
  }

  it.each<[string, string[], number]>([
    ['its own exit code', ['sh', '-c', 'exit 42'], 42],
    ['128 and the signal', ['sh', '-c', 'kill -TERM $$'], 143],
    ['127 for what is not there', ['no-such-command'], 127],
    ['126 for what cannot be run', ['/etc/passwd'], 126],
  ])('gives %s', async (_, argv, exitCode) => {
    expect(await run(argv)).toMatchObject({ exitCode })
    const inTerminal = await run(argv, { tty: true })
    // crun does not tell the two apart in a terminal
    const codes = name === 'crun' && exitCode === 126 ? [126, 127] : [exitCode]
    expect(codes).toContain(inTerminal.exitCode)
    if (exitCode === 127) expect(inTerminal.errors).toContain('no-such-command')
  })

  it('tells of a terminal for which no process can be started', async () => {
    const command = async (id: string) => ({ ...(await host.runtime.command(id)), prefix: ['/no/such'] })
    const channel = aChannel([END])
    const request = { kind: 'exec' as const, taskId: 'shell', argv: ['true'], tty: true, environment: [] }
    const run = execute(request, channel, { ...reach, runtime: { ...host.runtime, command } })
    await expect(run).rejects.toMatchObject({
      code: 'RUNTIME_MISSING',
      message: expect.stringContaining('/no/such'),
    })
    expect(await readdir(commandsFolder(reach))).toEqual([])
  })

  it.each([false, true])('has the OOM score of the container (terminal: %s)', async (tty) => {
    const { output } = await run(['cat', '/proc/self/oom_score_adj'], { tty })
    expect(output.trim()).toBe('300')
  })

  it('keeps the streams apart without a terminal, and joins them in one', async () => {
    const argv = ['sh', '-c', 'echo out; echo err >&2; cat']
    const input = [{ type: FRAME.input, payload: Buffer.from('in') }, END]
    expect(await run(argv, {}, input)).toEqual({ output: 'out\nin', errors: 'err\n', exitCode: 0 })
    expect(await run(['sh', '-c', 'echo out; echo err >&2'], { tty: true })).toEqual({
      ...{ output: 'out\r\nerr\r\n', errors: '', exitCode: 0 },
    })
  })

  it('is as the container is, unless it is told otherwise', async () => {
    const argv = ['sh', '-c', 'id -u; pwd; echo $WORD; grep -E "^(Seccomp|CapBnd):" /proc/self/status']
    const confined = 'CapBnd:\t0000000000000000\nSeccomp:\t2\n'
    expect((await run(argv)).output).toBe(`1000\n/\nown\n${confined}`)
    const other = { user: 'root', workingDir: '/tmp', environment: ['WORD=other'] }
    expect((await run(argv, other)).output).toBe(`0\n/tmp\nother\n${confined}`)
    expect((await run(argv, { ...other, tty: true })).output).toBe(
      `0\n/tmp\nother\n${confined}`.replaceAll('\n', '\r\n'),
    )
    await expect(run(argv, { user: 'nobody-here' })).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
    await expect(run(argv, { workingDir: 'tmp' })).rejects.toMatchObject({ code: 'EXEC_FAILED' })
    await expect(run(argv, { environment: ['WORD'] })).rejects.toMatchObject({ code: 'EXEC_FAILED' })
    await expect(run(argv, { taskId: 'other' })).rejects.toMatchObject({ code: 'TASK_NOT_FOUND' })
  })

  it('is among the processes of the container', async () => {
    const channel = aChannel([])
    const sleeping = run(['sleep', '4713'], {}, [])
    void sleeping.catch(() => {})
    const look = async () => {
      const seen = aChannel([])
      await sendProcesses({ kind: 'top', taskId: 'shell' }, seen, reach)
      return seen.frames.flatMap((frame) => jsonOf(frame) as ProcessLine[])
    }
    const found = async () => (await look()).find(({ argv }) => argv[1] === '4713')
    await expect.poll(found, { timeout: 20_000 }).toMatchObject({ user: 'alice', argv: ['sleep', '4713'] })
    process.kill((await found())?.pid ?? 0, 'SIGKILL')
    expect(await sleeping).toMatchObject({ exitCode: 137 })
    await channel.close()
  })

  it('is ended by the next agent; a process of the host that has its pid by now is not', async () => {
    const pid = await running(host, 'open', { spec: { isolation: { pid: 'host' } } })
    const task = aTask('open')
    const known = { task, status: aStatus(task, { pid }), imageRoot: host.image.root, mounts: [] }
    const ofOpen: Reach = { ...reach, tasks: { known: () => [known] } }
    const other = spawn('sleep', ['4714'])
    const left = execute(
      { kind: 'exec', taskId: 'open', argv: ['sleep', '4715'], tty: false, environment: [] },
      aChannel([]),
      ofOpen,
    )
    const commands = commandsFolder(reach)
    const written = async () => {
      const [name = ''] = await readdir(commands)
      return Number(await readFile(join(commands, name, 'pid'), 'utf8').catch(() => '0'))
    }
    await expect.poll(written, { timeout: 20_000 }).toBeGreaterThan(0)
    await mkdir(join(commands, 'stale'))
    await writeFile(join(commands, 'stale', 'pid'), String(other.pid))
    await sweepCommands(ofOpen)
    await left
    expect(await readdir(commands)).toEqual([])
    expect(other.exitCode ?? other.signalCode).toBeNull()
    other.kill('SIGKILL')
    expect((await once(other, 'exit'))[1]).toBe('SIGKILL')
  })
})

const END: Frame = { type: FRAME.inputEnd, payload: Buffer.alloc(0) }

/** The other end: it says what it is given, and keeps what it hears. */
function aChannel(input: Frame[]) {
  const over = new AbortController()
  const frames: Frame[] = []
  const waiting = [...input]
  const bytes = (type: number) =>
    Buffer.concat(frames.filter((frame) => frame.type === type).map(({ payload }) => payload)).toString()
  const channel: Channel = {
    signal: over.signal,
    send: async (frame) => void frames.push({ ...frame, payload: Buffer.from(frame.payload) }),
    receive: () => (waiting.length > 0 ? Promise.resolve(waiting.shift()) : new Promise(() => {})),
    close: async () => over.abort(),
  }
  const said = () => {
    const exit = frames.find(({ type }) => type === FRAME.exit) ?? jsonFrame(FRAME.exit, {})
    const { exitCode } = jsonOf(exit) as { exitCode: number }
    return { output: bytes(FRAME.output), errors: bytes(FRAME.errors), exitCode }
  }
  return { ...channel, frames, said }
}
