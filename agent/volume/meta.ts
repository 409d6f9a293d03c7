import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { DriverOptions } from '../../schemas/volume.ts'

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

/** @param home the volume's folder */
export async function readMeta(home: string): Promise<Meta | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(home), 'utf8'))
  } catch (error) {
    const isAbsent = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
    if (isAbsent || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Whole or not at all, also when the power goes. */
export async function writeMeta(home: string, meta: Meta): Promise<void> {
  await mkdir(home, { recursive: true })
  const temporary = `${fileOf(home)}.new`
  const handle = await open(temporary, 'w', 0o600) // the options may hold a password
  try {
    await handle.writeFile(`${JSON.stringify(meta, null, 2)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, fileOf(home))
}

const fileOf = (home: string) => join(home, 'meta.json')
