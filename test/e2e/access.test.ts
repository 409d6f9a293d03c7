import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, readlink, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { StackProcessesDocument } from '../../controller/api/access.ts'
import { type Live, openLive } from '../../controller/cli/client/live.ts'
import { FRAME, jsonFrame, jsonOf } from '../../schemas/session/frames.ts'
import type { ExecRequest } from '../../schemas/session/request.ts'
import { slotInStack } from '../../schemas/slot.ts'
import type { StatusDocument } from '../../schemas/status.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { ROOT } from '../support/imports.ts'
import { appService, compose, isConverged, runningPid, tasksOf } from '../support/stacks.ts'

let host: TestHost

beforeAll(async () => {
  host = await startHost({ files: { 'web/compose.yaml': stack() } })
  await host.until(isConverged())
})
afterAll(() => host?.destroy())

const NOISY = `  noisy:
    image: ${TEST_IMAGE}
    command: [sh, -c, "i=0; while [ $$i -lt 4000 ]; do echo line $$i; i=$$((i+1)); done; exec sleep 1000"]
    logging:
      driver: json-file
      options: {max-size: 64k, max-file: "4"}
    stop_grace_period: 1s
`

function stack(): string {
  return compose(appService('app', { replicas: 2 }), NOISY)
}

const SETPOINT = [process.execPath, join(ROOT, 'scripts', 'setpoint.mjs')]

/** The CLI as a process, its streams bytes, its input given or left open. */
function cli(args: string[], input?: string | Buffer) {
  return started([...SETPOINT, ...args], input)
}

/** The same in a terminal, its settings before and after told around a line `---`. */
function inTerminal(args: string[]) {
  const line = [...SETPOINT, ...args].map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' ')
  return started(['script', '-qec', `stty -g; echo ---; ${line}; echo ---; stty -g`, '/dev/null'])
}

function started(argv: string[], input?: string | Buffer) {
  const [file = '', ...rest] = host.enter(argv)
  const child = spawn(file, rest, { env: host.env, stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [stdout, stderr] = [[] as Buffer[], [] as Buffer[]]
  child.stdout.on('data', (bytes: Buffer) => void stdout.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => void stderr.push(bytes))
  if (input !== undefined) child.stdin.end(input)
  const done = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  return {
    child,
    done,
    stdout: () => Buffer.concat(stdout),
    stderr: () => Buffer.concat(stderr).toString(),
  }
}

async function exec(args: string[], input: string | Buffer = '') {
  const run = cli(['exec', ...args], input)
  return { code: await run.done, stdout: run.stdout(), stderr: run.stderr() }
}

describe('exec', () => {
  it.each([
    ['0', ['true'], 0],
    ['its own', ['sh', '-c', 'exit 42'], 42],
    ['128 and the signal', ['sh', '-c', 'kill -KILL $$'], 137],
    ['127 for what is not there', ['no-such-command'], 127],
  ])('gives the exit code: %s', async (_, argv, code) => {
    expect(await exec(['web/app', '--', ...argv])).toMatchObject({ code, stderr: expect.any(String) })
  })

  it('carries bytes unchanged in both directions, and the end of input', async () => {
    const bytes = Buffer.alloc(3_000_000, Buffer.from([...Array(251).keys()]))
    const { code, stdout, stderr } = await exec(
      ['web/app', '-T', '--', 'sh', '-c', 'cat; echo done >&2'],
      bytes,
    )
    expect(stderr).toBe('done\n')
    expect(stdout.equals(bytes)).toBe(true)
    expect(code).toBe(0)
  })

  it('runs as the container does, unless told otherwise', async () => {
    const script =
      'id -u; pwd; echo $MESSAGE $MORE; grep -E "^(Seccomp|CapEff):" /proc/self/status; cat /proc/1/cmdline | tr "\\0" " "'
    const own = (await exec(['web/app', '--', 'sh', '-c', script])).stdout.toString()
    expect(own).toMatch(/^0\n\/\none\n/)
    expect(own).toMatch(/Seccomp:\s2/)
    expect(own).toMatch(/CapEff:\s00000000a80425fb/)
    expect(own).toContain('/bin/serve')
    const other = await exec([
      'web/app.2',
      '-u',
      '1000:1000',
      '-w',
      '/tmp',
      '-e',
      'MORE=more',
      '--',
      'sh',
      '-c',
      script,
    ])
    expect(other.stdout.toString()).toMatch(/^1000\n\/tmp\none more\n/)
    expect(other.stdout.toString()).toMatch(/CapEff:\s0000000000000000/)
  })

  it('has a terminal when asked for, with one stream and the input of the client', async () => {
    // crun lets the command begin, and sets the size beside it
    const size = 'until stty size 2> /dev/null | grep .; do :; done'
    const { code, stdout } = await exec(
      ['web/app', '-t', '--', 'sh', '-c', `tty; ${size}; echo x >&2; read a; echo "got $a"; exit 3`],
      'typed\r',
    )
    // the terminal's echo of what was typed comes when it comes
    expect(stdout.toString().replace(/(?<!got )typed\r\n/, '')).toMatch(
      /^\/dev\/pts\/\d+\r\n24 80\r\nx\r\ngot typed\r\n$/,
    )
    expect(code).toBe(3)
  })

  it('leaves every byte to the command in a terminal of its own, and the terminal as it was', async () => {
    const inside = `stty -echo -onlcr; printf 'raw\\none\\r\\n'`
    const run = inTerminal(['exec', 'web/app', '--', 'sh', '-c', inside])
    expect(await run.done).toBe(0)
    const [before, output, after] = run.stdout().toString().split('---\r\n')
    expect(output).toBe('raw\none\r\n')
    expect(after).toBe(before)
  })

  it('passes on the size of the terminal when it changes, and Ctrl-C', async () => {
    const script =
      'trap "stty size" WINCH; trap "echo broken; exit 9" INT; stty size; while :; do sleep 0.1; done'
    const request: ExecRequest = {
      ...{ kind: 'exec', taskId: '', argv: ['sh', '-c', script], tty: true, environment: [] },
      ...{ columns: 101, rows: 33 },
    }
    const endpoint = { kind: 'socket' as const, path: join(host.state, 'api.sock') }
    const live = await openLive(endpoint, { headers: {}, task: 'web/app', request })
    const seen = follow(live)
    await seen.until('33 101')
    await live.send(jsonFrame(FRAME.resize, { columns: 120, rows: 50 }))
    await seen.until('50 120')
    await live.send({ type: FRAME.input, payload: Buffer.of(3) })
    await seen.until('broken')
    expect(await seen.exitCode).toBe(9)
    live.close()
  })

  it('ends the command when the client goes', async () => {
    const run = cli(['exec', 'web/app', '--', 'sh', '-c', 'echo begun; exec sleep 4711'])
    await expect.poll(() => run.stdout().toString(), { timeout: 30_000 }).toContain('begun')
    run.child.kill('SIGKILL')
    await run.done
    await expect.poll(() => running('sleep 4711'), { timeout: 30_000 }).toBe(false)
  })
})

function follow(live: Live) {
  let text = ''
  const exitCode = (async () => {
    for await (const frame of live.frames()) {
      if (frame.type === FRAME.exit) return (jsonOf(frame) as { exitCode: number }).exitCode
      text += frame.payload
    }
    return undefined
  })()
  return {
    exitCode,
    until: (wanted: string) => expect.poll(() => text, { timeout: 30_000 }).toContain(wanted),
  }
}

async function running(commandLine: string): Promise<boolean> {
  const { code, stdout } = await exec(['web/app', '--', 'ps'])
  if (code !== 0) throw new Error('the processes cannot be listed')
  return stdout.toString().includes(commandLine)
}

it('top: what runs in all tasks of a stack', async () => {
  const { code, json } = await host.setpoint('top', 'web', '--output', 'json')
  expect(code).toBe(0)
  const { tasks, missing } = json as StackProcessesDocument
  expect(missing).toEqual([])
  const pids = new Map(tasksOf(await host.status()).map(({ id, pid }) => [id, pid]))
  expect(tasks.map(slotInStack)).toEqual(['app.1', 'app.2', 'noisy.1'])
  for (const { taskId, processes } of tasks) {
    expect(processes.find(({ innerPid }) => innerPid === 1)?.pid).toBe(pids.get(taskId))
  }
})

it('top: what runs in a task, as the kernel has it', async () => {
  const { code, json } = await host.setpoint('top', 'web/app.1', '--output', 'json')
  expect(code).toBe(0)
  const [first] = tasksOf(await host.status()).filter(({ slot }) => slot === 1)
  const { processes } = json as {
    processes: { pid: number; innerPid: number; user: string; argv: string[] }[]
  }
  expect(processes.find(({ pid }) => pid === first?.pid)).toMatchObject({
    innerPid: 1,
    argv: ['/bin/sh', '/bin/serve'],
  })
  expect(processes.map(({ argv }) => argv[0])).toContain('httpd')
})

describe('logs', () => {
  it('follows a service over a restart of its task, each line once', async () => {
    const follow = cli(['logs', 'web/app', '-f', '--no-prefix', '--tail', '0'])
    const say = (text: string) => exec(['web/app.1', '--', 'sh', '-c', `echo ${text} > /proc/1/fd/1`])
    const sayFirst = async () => {
      await say('first')
      return lines(follow)
    }
    await expect.poll(sayFirst, { timeout: 30_000, interval: 500 }).toContain('first')
    await say('before')
    await exec(['web/app.1', '--', 'kill', '-KILL', '-1'])
    await expect.poll(() => lines(follow), { timeout: 30_000 }).toContain('serving one')
    await host.until(isConverged())
    await say('after')
    await expect.poll(() => lines(follow), { timeout: 30_000 }).toContain('after')
    follow.child.kill('SIGINT')
    expect(await follow.done).toBe(0)
    const seen = lines(follow)
    expect(seen.filter((line) => line === 'before' || line === 'after')).toEqual(['before', 'after'])
  })

  it('rotates as the stack file says, and is read over all its files', async () => {
    const id = tasksOf(await host.status()).find((task) => task.id.includes('noisy'))?.id ?? ''
    const files = async () =>
      (await readdir(join(host.state, 'agent/tasks', id))).filter((name) => name.startsWith('log')).sort()
    await expect.poll(files, { timeout: 30_000 }).toEqual(['log', 'log.0', 'log.1'])
    await exec(['web/noisy', '--', 'sh', '-c', 'echo after > /proc/1/fd/1'])
    const { stdout } = await host.setpoint('logs', 'web/noisy', '--tail', '2', '--no-prefix')
    expect(stdout).toBe('line 3999\nafter\n')
    const all = await host.setpoint('logs', 'web/noisy', '--tail', 'all', '--no-prefix')
    expect(all.stdout.split('\n')).toHaveLength(4002)
  })

  it('shows a whole stack in the order of time, from a time on', async () => {
    const { json } = await host.setpoint('logs', 'web', '--tail', 'all', '--output', 'json')
    const all = (json as { lines: { at: string; taskId: string }[] }).lines
    expect(new Set(all.map(({ taskId }) => taskId)).size).toBe(3)
    expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted())
    const last = all.at(-1)?.at ?? ''
    const later = await host.setpoint('logs', 'web', '--since', last, '--output', 'json')
    expect((later.json as { lines: unknown[] }).lines).toHaveLength(1)
    expect((await host.setpoint('logs', 'web/nope')).code).toBe(2)
  })
})

describe('somebody who can reach Redis', () => {
  it('sees nothing of what passes, and ends a session at most', async () => {
    const run = cli([
      'exec',
      'web/app',
      '-e',
      'WORD=canary-in-order',
      '--',
      'sh',
      '-c',
      'while read line; do echo "canary $line"; done',
    ])
    run.child.stdin.write('canary-typed\n')
    await expect.poll(() => run.stdout().toString(), { timeout: 30_000 }).toContain('canary canary-typed')
    const everything = await dump()
    expect(everything).toContain('setpoint:session:')
    expect(everything).not.toContain('canary')
    const keys = (await host.redis('keys', 'setpoint:session:*')).split('\n')
    for (const id of new Set(keys.map((key) => key.split(':')[2]))) {
      await host.redis('xadd', `setpoint:session:${id}:controller`, '*', 'f', 'echo canary-injected')
    }
    expect(await run.done).toBe(125)
    expect(run.stderr()).toMatch(/session/)
    expect(run.stdout().toString()).not.toContain('injected')
  })
})

/** All that Redis holds, and its log of commands of the last moments. */
async function dump(): Promise<string> {
  const keys = (await host.redis('keys', '*')).split('\n').filter(Boolean)
  const values = await Promise.all(
    keys.map(async (key) => `${key} ${await host.redis('--no-raw', 'dump', key)}`),
  )
  return values.join('\n')
}

function lines(run: ReturnType<typeof cli>): string[] {
  return run.stdout().toString().split('\n').filter(Boolean)
}

describe('cp', () => {
  const here = (path: string) => join(host.folder, path)

  it('copies files and folders in both directions, byte for byte', async () => {
    await mkdir(here('in/deep'), { recursive: true })
    const bytes = Buffer.alloc(700_001, Buffer.from([...Array(253).keys()]))
    await writeFile(here('in/deep/bytes'), bytes)
    await writeFile(here('in/run me'), 'x', { mode: 0o755 })
    await symlink('deep/bytes', here('in/link'))
    await writeFile(here('in/hole'), '')
    await truncate(here('in/hole'), 10_000_000)
    expect(await host.setpoint('cp', here('in'), 'web/app.1:/tmp')).toMatchObject({ code: 0, stderr: '' })
    const look =
      'cd /tmp/in; stat -c "%n %a %u %s" deep/bytes "run me"; readlink link; stat -c %s hole; du -k hole'
    expect((await exec(['web/app.1', '--', 'sh', '-c', look])).stdout.toString()).toBe(
      'deep/bytes 644 0 700001\nrun me 755 0 1\ndeep/bytes\n10000000\n0\thole\n',
    )
    await mkdir(here('out'))
    expect(await host.setpoint('cp', 'web/app.1:/tmp/in', here('out'))).toMatchObject({ code: 0, stderr: '' })
    expect((await readFile(here('out/in/deep/bytes'))).equals(bytes)).toBe(true)
    expect(await readlink(here('out/in/link'))).toBe('deep/bytes')
    expect((await stat(here('out/in/run me'))).mode & 0o777).toBe(0o755)
    expect(await stat(here('out/in/hole'))).toMatchObject({ size: 10_000_000, blocks: 0 })
    await host.setpoint('cp', 'web/app.1:/tmp/in/.', here('content'))
    expect((await readdir(here('content'))).sort()).toEqual(['deep', 'hole', 'link', 'run me'])
    await host.setpoint('cp', 'web/app.1:/bin/serve', here('name'))
    expect(await readFile(here('name'), 'utf8')).toContain('#!/bin/sh')
  })

  it('says what cannot be copied', async () => {
    for (const [source, target, said] of [
      ['web/app:/nope', here('x'), 'There is no /nope in the container.'],
      [here('nope'), 'web/app:/tmp', 'cannot be read'],
      [here('name'), 'web/app:/proc/x', 'Nothing can be copied to /proc/x'],
      [here('name'), 'web/app:/no/such/folder', 'no is no folder in the container'],
      [here('name'), here('other'), 'must be TASK:PATH'],
      ['web/app:/etc/hosts', '-', 'A file of that name is ./-.'],
    ] as const) {
      const { code, stderr } = await host.setpoint('cp', source, target)
      expect([code, stderr]).toEqual([2, expect.stringContaining(said)])
    }
  })

  it('writes over a file that is mounted, and leaves it mounted', async () => {
    const mounts = () => exec(['web/app.1', '--', 'grep', '-c', ' /etc/hosts ', '/proc/self/mountinfo'])
    const before = (await mounts()).stdout.toString()
    const { stdout } = await exec(['web/app.1', '--', 'cat', '/etc/hosts'])
    await writeFile(here('hosts'), `${stdout}# more\n`)
    expect(await host.setpoint('cp', here('hosts'), 'web/app.1:/etc/hosts')).toMatchObject({ code: 0 })
    expect((await exec(['web/app.1', '--', 'tail', '-n1', '/etc/hosts'])).stdout.toString()).toBe('# more\n')
    expect([before, (await mounts()).stdout.toString()]).toEqual(['1\n', '1\n'])
  })

  it('leaves nothing of a file that is not whole when it breaks off', async () => {
    const all = async () => (await exec(['web/app.1', '--', 'ls', '-A', '/tmp/half'])).stdout.toString()
    await exec(['web/app.1', '--', 'sh', '-c', 'mkdir /tmp/half; truncate -s 20G /tmp/large'])
    await mkdir(here('half'))
    const out = cli(['cp', 'web/app.1:/tmp/large', here('half')])
    await expect.poll(() => readdir(here('half')), { timeout: 30_000 }).toHaveLength(1)
    out.child.kill('SIGINT')
    expect([await out.done, await readdir(here('half')), out.stderr()]).toEqual([
      ...[2, [], expect.stringContaining('broken off')],
    ])
    await exec(['web/app.1', '--', 'rm', '/tmp/large'])
    await writeFile(here('large'), '')
    await truncate(here('large'), 20 * 1024 ** 3)
    const into = cli(['cp', here('large'), 'web/app.1:/tmp/half'])
    await expect.poll(all, { timeout: 30_000 }).toMatch(/^\.setpoint-\S+\n$/)
    into.child.kill('SIGKILL')
    await expect.poll(all, { timeout: 30_000 }).toBe('')
  })

  it('is not led out of a container by its links', async () => {
    const secret = here('secret')
    await writeFile(secret, 'of the host')
    await mkdir(here('victim'))
    const script = `ln -s ${secret} /tmp/a; ln -s /../../..${secret} /tmp/b; ln -s ${here('victim')} /tmp/into; mkdir /tmp/tree; ln -s ${secret} /tmp/tree/a; ln -s /etc /tmp/tree/etc`
    await exec(['web/app.1', '--', 'sh', '-c', script])
    for (const link of ['a', 'b', `../../../..${secret}`]) {
      const { code, stderr } = await host.setpoint('cp', '-L', `web/app.1:/tmp/${link}`, here('stolen'))
      expect([code, stderr]).toEqual([2, expect.stringMatching(/There is no|is no folder/)])
    }
    expect(await readdir(host.folder)).not.toContain('stolen')
    await host.setpoint('cp', 'web/app.1:/tmp/tree', here('tree'))
    expect(await readlink(here('tree/a'))).toBe(secret)
    const { code } = await host.setpoint('cp', here('name'), 'web/app.1:/tmp/into/planted')
    expect(code).toBe(2)
    await host.setpoint('cp', here('in/.'), 'web/app.1:/tmp/into')
    expect(await readdir(here('victim'))).toEqual([])
    await host.setpoint('cp', here('name'), 'web/app.1:/tmp/a')
    expect(await readFile(secret, 'utf8')).toBe('of the host')
  })
})

it('events: what happens, to who follows and to who asks later', async () => {
  const run = cli(['events', 'web', '-f', '--output', 'json'])
  const reasons = () => lines(run).map((line) => JSON.parse(line).reason as string)
  await expect.poll(reasons, { timeout: 30_000 }).toContain('TaskHealthy')
  const before = reasons().length
  await exec(['web/app.2', '--', 'kill', '-KILL', '-1'])
  await expect.poll(() => reasons().slice(before), { timeout: 30_000 }).toContain('TaskRestarted')
  run.child.kill('SIGINT')
  expect(await run.done).toBe(0)
  const { stdout } = await host.setpoint('events', 'web', '--since', '5m')
  expect(stdout).toMatch(/task {4}TaskRestarted +web\/app\.2 is started again/)
  expect((await host.setpoint('events', 'nope')).code).toBe(2)
})

it('logs -f and events -f go on with the next controller', async () => {
  const runs = [cli(['logs', 'web', '-f']), cli(['events', '-f'])]
  const said = (run: ReturnType<typeof cli>) => run.stdout().toString()
  for (const run of runs)
    await expect.poll(() => said(run), { timeout: 30_000 }).toMatch(/serving one|TaskHealthy/)
  const before = runs.map((run) => said(run).length)
  await host.kill('controller')
  const pidOf = (status: StatusDocument) => tasksOf(status).find(({ id }) => id.includes('app-2'))?.pid
  for (const [index, run] of runs.entries()) {
    const saidSince = async () => {
      // again and again: the next controller tells of what happens once it has heard of all its hosts
      process.kill(
        runningPid(pidOf(await host.until((status) => pidOf(status) != null)) ?? undefined),
        'SIGKILL',
      )
      await host.until(isConverged())
      return said(run).slice(before[index])
    }
    await expect.poll(saidSince, { timeout: 60_000, interval: 1_000 }).toMatch(/serving one|TaskRestarted/)
    expect(run.stderr()).toMatch(
      /^setpoint: The answer of unix:\S+ broke off; it goes on once a controller answers\n$/,
    )
    run.child.kill('SIGINT')
    expect(await run.done).toBe(0)
  }
})

it('a killed agent ends its sessions once it is back: no command is left, and logs are followed on', async () => {
  const run = cli(['exec', 'web/app', '--', 'sh', '-c', 'echo begun; exec sleep 4712'])
  const follow = cli(['logs', 'web/app', '-f', '--no-prefix'])
  await expect.poll(() => run.stdout().toString(), { timeout: 30_000 }).toContain('begun')
  await expect.poll(() => lines(follow), { timeout: 30_000 }).toContain('serving one')
  await host.kill('agent')
  // before the silence would tell, after 15 s
  await expect.poll(() => run.child.exitCode, { timeout: 12_000 }).toBe(125)
  await expect.poll(() => follow.stderr(), { timeout: 12_000 }).toContain('are missing')
  const isRunning = () => running('sleep 4712').catch(() => true)
  await expect.poll(isRunning, { timeout: 60_000, interval: 500 }).toBe(false)
  await exec(['web/app', '--', 'sh', '-c', 'echo again > /proc/1/fd/1'])
  await expect.poll(() => lines(follow), { timeout: 30_000 }).toContain('again')
  follow.child.kill('SIGINT')
  expect(await follow.done).toBe(0)
})

it('ends when nobody reads what it prints', async () => {
  const run = cli(['exec', 'web/app', '-T', '--', 'yes'])
  run.child.stdout.once('data', () => run.child.stdout.destroy())
  expect(await run.done).toBe(141)
})
