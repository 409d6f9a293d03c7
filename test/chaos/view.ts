import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Network } from '../../agent/network/addresses/leases.ts'
import { agentPaths, type Paths } from '../../agent/paths.ts'
import type { StatusDocument, TaskView } from '../../schemas/status.ts'
import type { TestHost } from '../support/host.ts'
import { containerOf, type HostProcess, processesOn } from './processes.ts'

/** Where things of a host's agent are, as seen from the test. */
export interface View {
  marks: { folder: string; instance: string }
  paths: Paths
  /** A path of the host as the test can open it. */
  at(path: string): string
}

/** A task with the service that it belongs to. */
export interface KnownTask extends TaskView {
  stack: string
  service: string
}

/** What is looked at, read once. */
export interface Sight {
  status: StatusDocument
  tasks: KnownTask[]
  processes: HostProcess[]
  networks: Network[]
  /** Mount points of the host's namespace. */
  mounts: string[]
  links: string[]
  /** Every path below the run folder and below the state folder of the agent, from there. */
  run: string[]
  state: string[]
}

export function viewOf({ folder, state, pid }: TestHost): View {
  const paths = agentPaths(join(state, 'agent'))
  return {
    marks: { folder, instance: paths.instance },
    paths,
    at: (path) => join(`/proc/${pid}/root`, path),
  }
}

export async function lookAt(host: TestHost, view: View, status: StatusDocument): Promise<Sight> {
  const { paths, at, marks } = view
  const [processes, networks, mountinfo, dev, run, state] = await Promise.all([
    processesOn(marks),
    networksIn(join(paths.state, 'networks')),
    readFile(`/proc/${host.pid}/mountinfo`, 'utf8'),
    readFile(`/proc/${host.pid}/net/dev`, 'utf8'),
    below(at(paths.run), 3),
    below(paths.state, 3),
  ])
  return {
    status,
    tasks: knownTasks(status),
    processes,
    networks,
    mounts: lines(mountinfo).map((line) => line.split(' ')[4] ?? ''),
    links: lines(dev)
      .slice(2)
      .map((line) => line.split(':')[0]?.trim() ?? ''),
    run,
    state,
  }
}

function knownTasks(status: StatusDocument): KnownTask[] {
  return status.stacks.flatMap(({ name: stack, services }) =>
    services.flatMap(({ name: service, tasks }) => tasks.map((task) => ({ ...task, stack, service }))),
  )
}

/** The tasks that traffic is led to. */
export function servingIn({ tasks }: Sight, stack: string, service: string): KnownTask[] {
  return tasks.filter(
    (task) =>
      task.stack === stack &&
      task.service === service &&
      task.state === 'running' &&
      ['healthy', 'none'].includes(task.health),
  )
}

/** The containers that have a conmon, one entry for each. */
export const conmonsIn = ({ processes }: Sight): string[] =>
  processes.flatMap((one) => containerOf(one) ?? [])

async function networksIn(folder: string): Promise<Network[]> {
  if (!existsSync(folder)) return []
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  const read = names.map((name) => readFile(join(folder, name), 'utf8').catch(() => undefined)) // it has just gone
  return (await Promise.all(read)).flatMap((text) =>
    text === undefined ? [] : [JSON.parse(text) as Network],
  )
}

/** Paths below a folder; what is mounted or unpacked deeper is no business of the agent's. */
async function below(folder: string, depth: number, prefix = ''): Promise<string[]> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch(() => [])
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(prefix, entry.name)
      if (!entry.isDirectory() || depth === 1 || entry.name === 'rootfs') return [path]
      return [path, ...(await below(folder, depth - 1, path))]
    }),
  )
  return found.flat()
}

function lines(text: string): string[] {
  return text.trimEnd().split('\n')
}
