import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DriverOptions } from '../../schemas/volume.ts'
import { absent, writeDurably } from '../disk.ts'

/** What is known of a volume. It is written when the volume is whole, so its absence means: not yet made. */
export interface Meta {
  name: string
  labels: Record<string, string>
  external: boolean
  /** ISO time. */
  createdAt: string
  driverOpts?: DriverOptions
  /** Content of an image is on its way into what is mounted: after a crash that begins again. */
  filling?: true
}

/**
 * What is known of the volume in a folder; undefined when there is none, or nothing that can be read.
 * @param home the volume's folder
 */
export async function readMeta(home: string): Promise<Meta | undefined> {
  const text = await readFile(fileOf(home), 'utf8').catch(absent)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whole or not at all, also when the power goes. Nobody but root may read it: the options may hold a password. */
export async function writeMeta(home: string, meta: Meta): Promise<void> {
  await writeDurably(fileOf(home), `${JSON.stringify(meta, null, 2)}\n`)
}

const fileOf = (home: string) => join(home, 'meta.json')
