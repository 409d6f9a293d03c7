import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import { coalesce } from '../../coalesce.ts'
import { writeDurably } from '../../disk.ts'
import { familiesOf } from './families.ts'
import type { Network } from './leases.ts'

/** The networks of a host on its disk: `<state>/networks/<key>.json`. */
export interface NetworkFiles {
  /** All that can be read; a file that cannot is said and set aside, not overwritten. */
  load(): Promise<Network[]>
  /** The network differs from its file from now on. */
  touch(network: Network): void
  /** Writes the network as it is then, if it differs from its file; calls made while it is written share the next. */
  save(network: Network): Promise<void>
  /** Removes its file; the network is written no more. */
  drop(network: Network): Promise<void>
}

/** The files in this folder, which is made if it is not there. */
export function createNetworkFiles(folder: string, log: Log): NetworkFiles {
  const changed = new Set<Network>()
  const dropped = new WeakSet<Network>()
  const savers = new WeakMap<Network, () => Promise<void>>()
  const path = ({ key }: Network): string => join(folder, `${key}.json`)

  async function write(network: Network): Promise<void> {
    if (!changed.delete(network) || dropped.has(network)) return
    await writeDurably(path(network), JSON.stringify(network)).catch((error) => {
      changed.add(network)
      throw error
    })
  }

  return {
    async load() {
      await mkdir(folder, { recursive: true })
      const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
      const read = await Promise.all(names.map((name) => readOne(join(folder, name), log)))
      return read.filter((network) => network !== undefined)
    },
    touch: (network) => void changed.add(network),
    save(network) {
      const saver = savers.get(network) ?? coalesce(() => write(network))
      savers.set(network, saver)
      return saver()
    },
    async drop(network) {
      dropped.add(network)
      await savers.get(network)?.() // what is being written is there first
      await rm(path(network), { force: true })
    },
  }
}

async function readOne(path: string, log: Log): Promise<Network | undefined> {
  try {
    const network = JSON.parse(await readFile(path, 'utf8')) as Network
    familiesOf(network) // throws when one is none
    return network
  } catch (error) {
    log.error({ path, problem: messageOf(error) }, 'A network file cannot be read and is set aside')
    await rename(path, `${path}.unreadable`)
    return undefined
  }
}
