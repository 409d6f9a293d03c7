import { readdirSync, readFileSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '../../schemas/error.ts'
import { absent } from '../disk.ts'
import { isUnused } from './addresses/leases.ts'
import { detach, removePluginLinks } from './attach.ts'
import { removeTaskFiles } from './names/task-files.ts'
import { bridgePrefix, NETNS_FOLDER, namespaceName, namespacePrefix } from './naming.ts'
import type { Parts } from './parts.ts'

/** Takes away what a crash left of tasks that are not journaled any more. */
export async function sweep(parts: Parts): Promise<void> {
  const { paths, leases, log, names, ip } = parts
  const journaled = await listOf(dirname(paths.task('-')))
  const leased = new Set(leases.networks().flatMap((network) => Object.keys(network.leases)))
  for (const taskId of leased) {
    if (journaled.includes(taskId)) continue
    log.info({ task: taskId }, 'Address given back: the task is not there any more')
    await detach(parts, taskId).catch((error) =>
      log.warn(
        { task: taskId, problem: messageOf(error) },
        'What a task left on the network cannot be taken away',
      ),
    )
  }
  for (const network of leases.networks().filter(isUnused)) await parts.bridges.down(network)
  const live = new Set(journaled.map((taskId) => namespaceName(paths.instance, taskId)))
  for (const name of namespacesOf(parts)) if (!live.has(name)) await parts.namespaces.remove(name)
  const used = new Set(leases.networks().map((network) => network.bridge))
  await removeBridges(
    parts,
    bridgesOf(parts).filter((bridge) => !used.has(bridge)),
  )
  await names.prune()
  ip.forget()
}

/** Networks.removeAll: by what the kernel and the folders have, so that it works on half of it too. */
export async function removeEverything(parts: Parts): Promise<void> {
  const { paths, leases, names, servers, namespaces, firewall, ip } = parts
  names.close()
  for (const key of await servers.list()) await servers.stop(key)
  const tasks = new Set(leases.networks().flatMap((network) => Object.keys(network.leases)))
  for (const taskId of tasks) await removePluginLinks(parts, taskId)
  for (const name of namespacesOf(parts)) await namespaces.remove(name)
  await removeBridges(parts, bridgesOf(parts))
  parts.traffic = { forwards: [], vips: [] }
  await firewall.remove()
  for (const taskId of [...tasks, ...(await listOf(dirname(paths.taskRun('-'))))]) {
    leases.release(taskId)
    removeTaskFiles(paths, taskId)
  }
  for (const network of leases.networks()) await parts.bridges.down(network)
  await rm(join(paths.state, 'networks'), { recursive: true, force: true })
  for (const folder of ['dns', 'cni']) await rm(join(paths.run, folder), { recursive: true, force: true })
  ip.forget()
}

function namespacesOf({ proc, paths }: Parts): string[] {
  const folder = join(proc, 'root', NETNS_FOLDER)
  return listNow(folder).filter((name) => name.startsWith(namespacePrefix(paths.instance)))
}

function bridgesOf({ proc, paths }: Parts): string[] {
  return readFileSync(join(proc, 'net/dev'), 'utf8')
    .split('\n')
    .map((line) => line.split(':')[0]?.trim() ?? '')
    .filter((name) => name.startsWith(bridgePrefix(paths.instance)))
}

async function removeBridges({ ip }: Parts, bridges: string[]): Promise<void> {
  ip.forget()
  await ip.run(
    bridges.map((bridge) => `link del ${bridge}`),
    /Cannot find device/,
  )
}

function listNow(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

async function listOf(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(absent)) ?? []
}
