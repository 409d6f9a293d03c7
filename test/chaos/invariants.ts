import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bridgePrefix, namespaceName, vethName } from '../../agent/network/naming.ts'
import { localAddresses } from '../../agent/network/observe.ts'
import { slotName } from '../../schemas/slot.ts'
import { command } from '../support/host-command.ts'
import type { Asker } from './ask.ts'
import { containerOf, hostsFileOf } from './processes.ts'
import { conmonsIn, type KnownTask, type Sight, servingIn, type View } from './view.ts'

/** Every wanted slot has one task and one container, by the status, the cgroups and conmon. */
export function eachRunsOnce({ status, tasks, processes, ...rest }: Sight): string[] {
  const running = tasks.filter(({ state }) => state === 'running')
  const slots = running.map(slotName)
  const wanted = status.stacks.flatMap(({ name, services }) =>
    services.filter(({ name: service }) => service !== 'job').map((service) => [name, service] as const),
  )
  const missing = wanted.flatMap(([stack, { name, desired }]) => {
    const have = running.filter((task) => task.stack === stack && task.service === name).length
    return have === desired ? [] : [`${stack}/${name} has ${have} running tasks, wanted ${desired}`]
  })
  const ids = running.map(({ id }) => id)
  const inCgroups = [...new Set(processes.flatMap(({ task }) => task ?? []))]
  const conmons = conmonsIn({ status, tasks, processes, ...rest })
  const pids = running.flatMap(({ id, pid }) =>
    processes.find((one) => one.pid === pid)?.task === id
      ? []
      : [`${id}: process ${pid} is not in its cgroup`],
  )
  return [
    ...missing,
    ...twice(slots).map((slot) => `${slot} runs twice`),
    ...difference('tasks with processes in their cgroup', inCgroups, ids),
    ...difference('tasks with a conmon', conmons, ids),
    ...twice(conmons).map((id) => `${id} has two conmons`),
    ...pids,
  ]
}

/** No address twice, and each where its lease says: in the kernel of the task. */
export async function addressesAreUnique({ networks, tasks }: Sight): Promise<string[]> {
  const leases = networks.flatMap((network) =>
    Object.entries(network.leases).map(([id, { address = '' }]) => ({ network, id, address })),
  )
  const unknown = leases.filter(({ id }) => !tasks.some((task) => task.id === id))
  const kernel = await Promise.all(
    tasks
      .filter(({ state }) => state === 'running')
      .map(async ({ id, pid }) => {
        const found = localAddresses(await readFile(`/proc/${pid}/net/fib_trie`, 'utf8').catch(() => ''))
        const leased = leases.filter((lease) => lease.id === id).map(({ address }) => address)
        return difference(`addresses of ${id}`, found, leased)
      }),
  )
  return [
    ...twice(leases.map(({ network, address }) => `${network.bridge} ${address}`)).map(
      (one) => `${one} is leased twice`,
    ),
    ...unknown.map(({ id, address }) => `${address} is leased to ${id}, which is not there`),
    ...kernel.flat(),
  ]
}

/** Names lead to exactly the tasks that serve. */
export async function namesResolve(sight: Sight, view: View, asker: Asker): Promise<string[]> {
  const stacks = sight.status.stacks.map(({ name, services }) => ({
    name,
    services: services.map((one) => one.name),
  }))
  const found = stacks.map(async ({ name: stack, services }) => {
    const asking = sight.tasks.find((task) => task.stack === stack && task.state === 'running')
    if (!asking) return [`no task of ${stack} runs`]
    const resolv = await readFile(view.at(join(view.paths.taskRun(asking.id), 'resolv.conf')), 'utf8').catch(
      () => '',
    )
    const server = /^nameserver (\S+)/m.exec(resolv)?.[1] ?? ''
    const answers = services.map(async (service) => {
      const answer = await asker.addresses(server, `tasks.${service}`)
      if (answer === undefined) return [`the name server ${server} of ${stack} does not answer`]
      return difference(
        `addresses of tasks.${service} in ${stack}`,
        answer,
        addressesOf(servingIn(sight, stack, service)),
      )
    })
    return (await Promise.all(answers)).flat()
  })
  return (await Promise.all(found)).flat()
}

/** What there is on the host belongs to a task that there is. */
export async function nothingLeaks(sight: Sight, { paths, marks }: View): Promise<string[]> {
  const { tasks, networks, mounts, links, run, state, processes } = sight
  const { instance } = marks
  const ids = tasks.map(({ id }) => id)
  const own = mounts.filter((mount) => mount.startsWith(paths.run))
  const ofTasks = own.flatMap((mount) => /\/(?:tasks|held)\/([^/]+)/.exec(mount)?.[1] ?? [])
  const netns = mounts.filter((mount) => mount.startsWith(`/run/netns/setpoint-${instance}`))
  const veths = networks.flatMap(({ key, leases }) =>
    Object.keys(leases).map((id) => vethName(instance, id, key)),
  )
  const bridges = links.filter((link) => link.startsWith(bridgePrefix(instance)))
  const files = run.flatMap(
    (path) => /^(?:tasks|exits|held|secrets|crun|runc)\/([^/]+)/.exec(path)?.[1] ?? [],
  )
  const cgroups = await command(['find', '/sys/fs/cgroup', '-type', 'd', '-path', `*/setpoint/${instance}/*`])
  const inCgroups = cgroups.stdout
    .split('\n')
    .flatMap((path) => /\/setpoint\/[^/]+\/([^/]+)/.exec(path)?.[1] ?? [])
  const servers = processes.flatMap((one) => hostsFileOf(one) ?? [])
  const temporary = [...run, ...state].filter((path) =>
    /(^|\/)(mounts-\d+|volume-[^/.]+|[^/]*\.tmp|\.new-[^/]*|\.trash-[^/]*|data\.new-[^/]*)$/.test(path),
  )
  return [
    ...twice(mounts.filter((mount) => mount.startsWith(marks.folder) || mount.startsWith(paths.run))).map(
      (one) => `${one} is mounted twice`,
    ),
    ...unknown('mounts', ofTasks, ids),
    ...unknown(
      'network namespaces',
      netns.map((path) => path.slice('/run/netns/'.length)),
      ids.map((id) => namespaceName(instance, id)),
    ),
    ...difference(
      'links of tasks',
      links.filter((link) => link.startsWith('sv')),
      veths,
    ),
    ...difference(
      'bridges',
      bridges,
      networks.map(({ bridge }) => bridge),
    ),
    ...unknown('files in the run folder', files, ids),
    ...unknown(
      'folders of tasks',
      state.flatMap((path) => /^tasks\/([^/]+)$/.exec(path)?.[1] ?? []),
      ids,
    ),
    ...unknown('cgroups', inCgroups, ids),
    ...difference(
      'name servers',
      servers,
      run.flatMap((path) => (/^dns\/.*\.hosts$/.test(path) ? [join(paths.run, path)] : [])),
    ),
    ...temporary.map((path) => `the temporary file ${path} is left`),
  ]
}

/** Processes that belong to no part of Setpoint. Probes come and go, so a process counts when it is still there in the next round. */
export function strangers({ processes }: Sight, parts: number[]): Map<number, string> {
  const known = processes.filter(
    (one) => parts.includes(one.pid) || one.task || containerOf(one) || hostsFileOf(one),
  )
  const pids = new Set(known.map(({ pid }) => pid))
  const others = processes.filter(({ pid }) => !pids.has(pid))
  return new Map(others.map(({ pid, argv }) => [pid, argv.join(' ').slice(0, 200)]))
}

/** The lines that were on the disk are there, and one task alone has written them: each is one more than the one before. */
export function linesAreWhole(before: string, now: string): string[] {
  if (!now.startsWith(before))
    return [`the volume had ${before.length} bytes, which are not what it begins with now`]
  const numbers = now.split('\n').slice(0, -1).map(Number)
  const wrong = numbers.findIndex((number, index) => number !== index + 1)
  return wrong < 0 ? [] : [`line ${wrong + 1} of the volume is ${numbers[wrong]}`]
}

function addressesOf(tasks: KnownTask[]): string[] {
  return tasks.flatMap(({ addresses }) => addresses).map((address) => address.split('=').at(-1) ?? '')
}

function difference(what: string, found: string[], wanted: string[]): string[] {
  const more = found.filter((one) => !wanted.includes(one))
  const less = wanted.filter((one) => !found.includes(one))
  if (more.length + less.length === 0) return []
  return [`${what}: too much [${more.join(', ')}], missing [${less.join(', ')}]`]
}

function unknown(what: string, found: string[], known: string[]): string[] {
  const strange = [...new Set(found.filter((one) => !known.includes(one)))]
  return strange.length === 0 ? [] : [`${what} that belong to no task: ${strange.join(', ')}`]
}

function twice(all: string[]): string[] {
  return [...new Set(all.filter((one, index) => all.indexOf(one) !== index))]
}
