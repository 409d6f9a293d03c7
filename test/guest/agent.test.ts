import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatusDocument, TaskView } from '../../schemas/status.ts'
import { isServing } from '../../schemas/task.ts'
import { isConverged, tasksOf } from '../support/stacks.ts'
import { type Controller, freePort, makeController } from './controller.ts'
import { type Guest, startGuest } from './machine.ts'
import { SERVE_NFS, SHARE } from './nfs-server.ts'
import { TESTS } from './payload.ts'
import { HUNGRY, LAN, LATE, WEB } from './stacks.ts'
import { sumsOf, toldOf } from './writer.ts'

const STATE = '/var/lib/setpoint/agent'
const TASKS = `${STATE}/tasks`
const VOLUMES = `${STATE}/volumes`
const DATA = `${VOLUMES}/web_data/data`

const GROUPS = '/sys/fs/cgroup/setpoint/*'

let folder: string
let controller: Controller
let guest: Guest
/** Leads to port 8080 of the guest. */
let web: number
/** What the machine had before the agent. */
let before: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-guest-'))
  const redis = await freePort()
  web = await freePort()
  controller = await makeController(folder, redis)
  await controller.repository.commit({ 'web/compose.yaml': WEB, 'lan/compose.yaml': LAN })
  await controller.start()
  guest = await startGuest({ redis, forwards: { [web]: 8080 } })
  const key = Buffer.from(await controller.publicKey()).toString('base64')
  await guest.script(
    `mkdir -p /etc/setpoint && echo ${key} | base64 -d > /etc/setpoint/controller.pub`,
    'cp /opt/setpoint/docs/systemd/setpoint-agent.service /etc/systemd/system/',
    'modprobe -a overlay veth bridge nf_tables nft_nat nft_masq nft_fib_inet nft_numgen',
    ...SERVE_NFS,
  )
  before = await traces()
  await guest.must('/bin/systemctl', 'enable', '--now', 'setpoint-agent')
  await controller.until((status) => isConverged()(status) && isConverged(undefined, 'lan')(status))
})
afterAll(async () => {
  await guest?.close()
  await controller?.stop()
  await rm(folder, { recursive: true, force: true })
})

const STACKS = ['web', 'lan', 'late']
const allTasks = (status: StatusDocument) => STACKS.flatMap((name) => tasksOf(status, name))
/** The host has reported again, and all its tasks serve. */
const isBack = (status: StatusDocument) =>
  STACKS.every((name) => isConverged(undefined, name)(status)) && allTasks(status).every(isServing)

const first = async (): Promise<TaskView> => tasksOf(await controller.status())[0] as TaskView
const taskOf = async (service: string): Promise<TaskView> => {
  const { stacks } = await controller.status()
  const found = stacks.flatMap(({ services }) => services).find(({ name }) => name === service)
  return found?.tasks[0] as TaskView
}
const isRunning = (stack: string) => (status: StatusDocument) =>
  status.stacks.some(({ name }) => name === stack) &&
  tasksOf(status, stack).some(({ state }) => state === 'running')
const pids = (status: StatusDocument) => tasksOf(status).map(({ pid }) => pid)

/** The folder of a task in the one hierarchy of cgroup v2. */
async function cgroupOf({ pid }: TaskView): Promise<string> {
  const text = await guest.must('/bin/cat', `/proc/${pid}/cgroup`)
  return `/sys/fs/cgroup${text.trim().replace(/^0::/, '')}`
}

/** A shell in the container. */
function inside({ pid }: TaskView, script: string): string[] {
  return ['/usr/bin/nsenter', '-t', `${pid}`, '-m', '-n', '-C', '/bin/sh', '-c', script]
}

/** What stands on the guest that Setpoint could have made, one line each. */
function traces(): Promise<string> {
  return guest.script(
    '{ findmnt --raw --noheadings --output TARGET | grep -vE "^/(proc/sys/fs|run/(netns$|user|credentials))" | sed "s/^/mount /"',
    'ip -brief link | sed "s/[ @].*//; s/^/link /"',
    'nft list tables | sed "s/^/nftables /"',
    'ip netns list | sed "s/^/namespace /"',
    'find /sys/fs/cgroup/* -maxdepth 1 -type d -path "*setpoint*" ! -path "*system.slice*" | sed "s/^/cgroup /"',
    'for name in conmon dnsmasq node; do pgrep -x $name | sed "s/^/process $name /" || true; done; } | sort',
  )
}

describe('cgroup v2', () => {
  it('is what the agent finds, and crun is chosen for it', async () => {
    const { hosts } = await controller.status()
    expect(hosts[0]?.runtime).toMatch(/^crun .* \(cgroup v2\)$/)
  })

  it('has the limits of the stack file, in the kernel and seen from inside', async () => {
    const task = await first()
    const cgroup = await cgroupOf(task)
    expect(cgroup).toMatch(/^\/sys\/fs\/cgroup\/setpoint\/[0-9a-f]{8}\//)
    const knobs = ['memory.max', 'cpu.max', 'pids.max']
    const read = await guest.must('/bin/cat', ...knobs.map((knob) => `${cgroup}/${knob}`))
    expect(read.split('\n')).toEqual(['33554432', '50000 100000', '50', ''])
    const inside = ['/usr/bin/nsenter', '-t', String(task.pid), '-m', '-C', '/bin/cat']
    expect(await guest.must(...inside, ...knobs.map((knob) => `/sys/fs/cgroup/${knob}`))).toBe(read)
  })

  it('has every limit, isolation and command in a container that the contracts ask for', async () => {
    const vitest = '/opt/setpoint/node_modules/vitest/vitest.mjs'
    const { code, stdout } = await guest.runFor(600_000, [
      ...['/usr/bin/env', `--chdir=${TESTS}`, 'HOME=/root', 'NO_COLOR=1'],
      ...['/usr/local/bin/node', vitest, 'run', '--testNamePattern', 'crun: (limits|isolation)|of crun'],
    ])
    expect(stdout).toMatch(/Test Files +2 passed/)
    expect(stdout).toMatch(/Tests .*passed/)
    expect(stdout, stdout).not.toMatch(/failed/)
    expect(code).toBe(0)
  }, 660_000)

  it('gives a service users of its own', async () => {
    const task = tasksOf(await controller.status()).find(({ id }) => id.startsWith('web-users'))
    const pid = String(task?.pid)
    const [, first = ''] = (await guest.must('/bin/cat', `/proc/${pid}/uid_map`)).trim().split(/\s+/)
    expect(Number(first)).toBeGreaterThanOrEqual(2_000_289_792)
    expect(await guest.must('/usr/bin/stat', '-c', '%u', `/proc/${pid}`)).toBe(`${first}\n`)
    const script =
      'touch /data/made /made /scratch/made; stat -c %u / /data/made /made /scratch/made /etc/settings'
    const inside = ['/usr/bin/nsenter', '-t', pid, '-U', '-m', '-n', '-C', '/bin/sh', '-c']
    expect(await guest.must(...inside, script)).toBe('0\n'.repeat(5))
    expect(await guest.must('/usr/bin/stat', '-c', '%u', `${DATA}/made`, '/dev/null')).toBe('0\n0\n')
    expect(await guest.must(...inside, 'cat /sys/fs/cgroup/memory.max')).toBe('33554432\n')
  })

  it('tells of the pressure on each task', async () => {
    const cgroup = await cgroupOf(await first())
    expect(await guest.must('/bin/cat', `${cgroup}/memory.pressure`)).toMatch(/^some avg10=/)
  })

  it('kills who wants more memory than its limit, and the status says so', async () => {
    await controller.repository.commit({ 'hungry/compose.yaml': HUNGRY })
    const isFed = (status: StatusDocument) =>
      status.stacks.some(({ name }) => name === 'hungry') &&
      tasksOf(status, 'hungry').some(({ ended }) => ended !== null)
    const [task] = tasksOf(await controller.until(isFed), 'hungry')
    expect(task?.ended).toMatchObject({ exitCode: 137, oomKilled: true, log: ['hungry'] })
    await controller.repository.commit({ 'hungry/compose.yaml': null })
    await controller.until(({ stacks }) => stacks.every(({ name }) => name !== 'hungry'))
  })
})

describe('a kernel with more modules', () => {
  it('mounts a volume of an NFS server, for all tasks of it', async () => {
    const [one, two] = [await taskOf('one'), await taskOf('two')]
    await guest.must(...inside(one, 'echo from one > /share/one'))
    await guest.script(`echo from the server > ${SHARE}/server`)
    expect(await guest.must('/bin/cat', `${SHARE}/one`)).toBe('from one\n')
    expect(await guest.must(...inside(two, 'cat /share/one /share/server'))).toBe(
      'from one\nfrom the server\n',
    )
    const mounted = await guest.must(...inside(one, 'grep " /share " /proc/1/mounts'))
    expect(mounted).toMatch(/^:\/share \/share nfs4 rw,\S*vers=4.2/)
  })

  it('gives tasks addresses on its interfaces by ipvlan, by which they reach each other', async () => {
    const [one, two] = [await taskOf('one'), await taskOf('two')]
    expect(two.addresses).toEqual(['192.0.2.12', '198.51.100.12'])
    const links = ['/usr/bin/nsenter', '-t', `${two.pid}`, '-n', '/sbin/ip', '-d', '-o', 'link']
    expect((await guest.must(...links)).match(/ipvlan +mode l\d/g)).toEqual([
      expect.stringContaining('l2'),
      expect.stringContaining('l3'),
    ])
    for (const [from, to] of [[one, two] as const, [two, one] as const]) {
      for (const address of to.addresses) {
        const ask = inside(from, `wget -q -O - http://${address}:8080/hostname`)
        expect(`${await guest.must(...ask)} at ${address}`).toBe(
          `${to === one ? 'one' : 'two'}\n at ${address}`,
        )
      }
    }
  })
})

describe('logging', () => {
  it("has the lines of who asks for it in systemd's journal, by the id of the task, and in its own files", async () => {
    const { id } = await first()
    await guest.must('/bin/journalctl', '--sync')
    const argv = ['--output=json', '--output-fields=MESSAGE,CONTAINER_ID_FULL', `CONTAINER_NAME=${id}`]
    const [entry = ''] = (await guest.must('/bin/journalctl', ...argv)).split('\n')
    const { MESSAGE, CONTAINER_ID_FULL } = JSON.parse(entry) as Record<string, string>
    expect([MESSAGE?.trimEnd(), CONTAINER_ID_FULL]).toEqual(['serving hello', id]) // Debian's conmon keeps the end of a line
    const file = await guest.must('/bin/cat', `${TASKS}/${id}/log`)
    expect(file).toMatch(/^\S+ stdout F serving hello\n/)
  })
})

describe('the life of a host', () => {
  it('no container is touched when systemd restarts the agent, or somebody kills it', async () => {
    const earlier = pids(await controller.status())
    const since = new Date().toISOString()
    await guest.script('systemctl daemon-reload', 'systemctl restart setpoint-agent')
    const adopted = await controller.until(
      (status) => (status.hosts[0]?.seen ?? '') > since && isConverged()(status),
    )
    expect(pids(adopted)).toEqual(earlier)
    await guest.must('/bin/systemctl', 'kill', '--signal=KILL', '--kill-whom=main', 'setpoint-agent')
    const again = new Date().toISOString()
    const seen = await controller.until(
      (status) => (status.hosts[0]?.seen ?? '') > again && isConverged()(status),
    )
    expect(pids(seen)).toEqual(earlier)
  })

  it('after a power cut the agent alone, with no controller and no Redis, brings every task back', async () => {
    const two = await taskOf('two')
    await guest.must('/bin/touch', `/proc/${two.pid}/root/asked/now`)
    await controller.repository.commit(LATE)
    const told = allTasks(await controller.until(isRunning('late'))) // and in this moment
    await Promise.all([guest.powerCycle(), controller.stop()])
    const earlier = told.map(({ id }) => id)
    // its server comes later than the host: meanwhile no task is started on the bare folder below
    await guest.script(`until grep -q MOUNT_FAILED ${TASKS}/lan-one-*/task.json; do sleep 1; done`)
    expect(await guest.script(`ls ${GROUPS} | grep lan-one || true`)).toBe('')
    await guest.script(...SERVE_NFS)
    await guest.script('until busybox wget -q -O /dev/null http://127.0.0.1:8080/; do sleep 1; done')
    await guest.script(
      ...earlier.map((id) => `until grep -q . ${GROUPS}/${id}/cgroup.procs; do sleep 1; done`),
    )

    await controller.start()
    const back = allTasks(await controller.until(isBack))
    expect(back.map(({ id }) => id)).toEqual(earlier)
    expect(await guest.script(`ls -A ${TASKS}/* | grep damaged || true`)).toBe('')
    // what was told of a moment ago may not have been noted yet: it came back as one that has never run
    const begunAnew = back.filter(({ id }) => !id.startsWith('late-'))
    expect(begunAnew.filter(({ renewals }) => renewals === 0)).toEqual([])
    expect(await (await fetch(`http://127.0.0.1:${web}/`)).text()).toBe('hello\n')
    const late = back.find(({ id }) => id.startsWith('late-')) as TaskView
    expect(await guest.must(...inside(late, 'cat /etc/settings /run/secrets/token'))).toBe(
      'on\ntell nobody\n',
    )
  }, 600_000)

  it('of what containers had fsynced before it, in a volume of the host or of a server, each byte is there', async () => {
    const console = await guest.console()
    const data = `${VOLUMES}/lan_data/data`
    for (const [place, folder] of [['/data', data] as const, ['/share', SHARE] as const]) {
      const numbers = toldOf(console, place)
      expect(numbers.length).toBeGreaterThan(9)
      const files = numbers.map((number) => `${folder}/${number}`)
      expect(await guest.must('/usr/bin/md5sum', ...files)).toBe(await sumsOf(folder, numbers))
    }
    const added = (await guest.must('/bin/cat', `${data}/log`)).split('\n')
    const lines = toldOf(console, 'log').map(String)
    expect(added.slice(0, lines.length)).toEqual(lines)
  })

  it('down leaves the host as it was', async () => {
    await guest.script('systemctl disable --now setpoint-agent', 'setpoint-agent --down --volumes')
    expect(await traces()).toBe(before)
    expect((await guest.run('/bin/ls', TASKS)).stdout).toBe('')
    expect((await guest.run('/bin/ls', VOLUMES)).stdout).toBe('')
  })
})
