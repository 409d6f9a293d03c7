import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createOneByOne } from '../../../schemas/common/one-by-one.ts'
import { replaceFile } from '../../disk.ts'
import type { Answers } from './answers.ts'
import { endDnsmasq, type Files, filesOf, reloadDnsmasq, removeFiles, startDnsmasq } from './dnsmasq.ts'

/** One dnsmasq: it answers the names of a set of networks to the tasks that are in exactly these. */
export interface NameServer {
  key: string
  /** The address that it listens on, on a bridge of the agent. */
  address: string
  /** Whether names that are not the stack's go to the host's resolvers. */
  upstream: boolean
  /** Other resolvers than those of the host. */
  resolvers?: string[]
}

/** The name servers of this host. They outlive the agent; a running one is taken over. */
export interface NameServers {
  /** Starts the server unless it runs. */
  ensure(server: NameServer): Promise<void>
  /** Makes the server answer so; when that is news, it then runs. */
  answer(server: NameServer, answers: Answers): Promise<void>
  stop(key: string): Promise<void>
  /** The keys of all that were started since the host was. */
  list(): Promise<string[]>
}

interface NameServersOptions {
  /** Put before every command; empty in production. */
  prefix: string[]
  /** Where the files of the servers are, gone after a reboot. */
  folder: string
}

/** The name servers of this host, in the namespaces that `prefix` leads into. */
export function createNameServers({ prefix, folder }: NameServersOptions): NameServers {
  let rootOnly: Promise<boolean> | undefined
  const answered = new Map<string, Answers>()
  const oneByOne = createOneByOne()
  const files = (key: string): Files => filesOf(folder, key)

  async function isRootOnly(): Promise<boolean> {
    await mkdir(folder, { recursive: true, mode: 0o755 })
    rootOnly ??= isOpenToAll(folder).then((isOpen) => !isOpen)
    return rootOnly
  }

  async function begin(server: NameServer): Promise<void> {
    await startDnsmasq(server, { files: files(server.key), prefix, asRoot: await isRootOnly() })
  }

  /** True when it was news. */
  async function write({ key }: NameServer, { hosts, zones }: Answers): Promise<boolean> {
    const own = files(key)
    const before = answered.get(key)
    const isHosts = hosts !== undefined && hosts !== before?.hosts
    const isZones = zones !== before?.zones
    if (!isHosts && !isZones) return false
    answered.delete(key)
    await mkdir(folder, { recursive: true, mode: 0o755 })
    if (isHosts) await replaceFile(own.hosts, hosts, 0o644)
    if (isZones) await replaceFile(own.zones, zones, 0o644)
    answered.set(key, { ...before, ...(isHosts && { hosts }), zones })
    await reloadDnsmasq(own)
    return true
  }

  return {
    ensure: (server) => oneByOne(server.key, () => begin(server)),
    answer: (server, answers) =>
      oneByOne(server.key, async () => {
        if (await write(server, answers)) await begin(server)
      }),
    async list() {
      const names = await readdir(folder).catch(() => []) // there has been none yet
      return names.filter((name) => name.endsWith('.pid')).map((name) => name.slice(0, -'.pid'.length))
    },
    stop: (key) =>
      oneByOne(key, async () => {
        answered.delete(key)
        await endDnsmasq(files(key))
        await removeFiles(files(key))
      }),
  }
}

/** dnsmasq reads its files after it has become another user. */
async function isOpenToAll(folder: string): Promise<boolean> {
  const { mode } = await stat(folder)
  if ((mode & 0o001) === 0) return false
  return folder === '/' || isOpenToAll(dirname(folder))
}
