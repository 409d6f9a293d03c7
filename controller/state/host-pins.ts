import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { isRecipient } from '../../schemas/sealing/seal.ts'
import { HOST_NAME } from '../../schemas/wire.ts'
import { syncFolder, writeAtomically } from './files.ts'

/** The recipient of each host as it is pinned, one file a host. */
export interface HostPins {
  get(host: string): string | undefined
  /** All that are pinned, also those whose pin cannot be read. */
  hosts(): string[]
  /** What is on disk cannot be read: which key it was nobody knows, so none is the first. */
  isDamaged(host: string): boolean
  /** Counts at once; resolves when it is on disk, or could not be written, which is logged. */
  set(host: string, recipient: string, why: string): Promise<void>
  /** Resolves when it is gone from the disk. @throws what the disk says */
  remove(host: string): Promise<void>
}

const SUFFIX = '.json'

/** Reads the pins in a folder. */
export async function openHostPins(
  folder: string,
  { log, now }: { log: Log; now: () => Date },
): Promise<HostPins> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const files = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX))
  const pins = new Map<string, string>()
  const damaged = new Set<string>()
  for (const file of files) {
    const host = file.slice(0, -SUFFIX.length)
    const recipient = await readPin(join(folder, file))
    if (recipient !== undefined) pins.set(host, recipient)
    else {
      damaged.add(host)
      log.error({ file }, 'The pinned key of a host cannot be read')
    }
  }
  return {
    get: (host) => pins.get(host),
    hosts: () => [...new Set([...pins.keys(), ...damaged])],
    isDamaged: (host) => damaged.has(host),
    async remove(host) {
      if (!HOST_NAME.test(host)) return
      await rm(join(folder, `${host}${SUFFIX}`), { force: true })
      await syncFolder(folder)
      pins.delete(host)
      damaged.delete(host)
    },
    async set(host, recipient, why) {
      if (!HOST_NAME.test(host)) return
      pins.set(host, recipient)
      damaged.delete(host)
      log.info({ host, recipient, why }, 'The key of a host is pinned')
      const pin = { recipient, pinned: now().toISOString(), why }
      await writeAtomically(join(folder, `${host}${SUFFIX}`), `${JSON.stringify(pin)}\n`).catch((error) =>
        log.error({ host, problem: messageOf(error) }, 'The pinned key of a host cannot be written'),
      )
    },
  }
}

async function readPin(file: string): Promise<string | undefined> {
  try {
    const { recipient } = JSON.parse(await readFile(file, 'utf8'))
    return typeof recipient === 'string' && isRecipient(recipient) ? recipient : undefined
  } catch {
    return undefined
  }
}
