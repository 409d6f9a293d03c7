import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StringMap } from '../../schemas/parts.ts'
import Type, { type Static } from '../../schemas/type.ts'
import { reader } from '../../schemas/validate.ts'
import { DriverOptions } from '../../schemas/volume.ts'
import { absent, writeDurably } from '../disk.ts'

/** What is known of a volume. It is written when the volume is whole, so its absence means: not yet made. */
export type Meta = Static<typeof Meta>
const Meta = Type.Object({
  name: Type.String(),
  labels: StringMap,
  external: Type.Boolean(),
  /** ISO time. */
  createdAt: Type.String(),
  driverOpts: Type.Optional(DriverOptions),
  /** Content of an image is on its way into what is mounted: after a crash that begins again. */
  filling: Type.Optional(Type.Literal(true)),
})
const read = reader(Meta)

/**
 * What is known of the volume in a folder, with what another version has added; undefined when there is none, or nothing
 * that can be read or has that shape.
 * @param home the volume's folder
 */
export async function readMeta(home: string): Promise<Meta | undefined> {
  const text = await readFile(fileOf(home), 'utf8').catch(absent)
  if (text === undefined) return undefined
  try {
    const meta = JSON.parse(text)
    return read(meta).ok ? meta : undefined
  } catch {
    return undefined
  }
}

/** Whole or not at all, also when the power goes. Nobody but root may read it: the options may hold a password. */
export async function writeMeta(home: string, meta: Meta): Promise<void> {
  await writeDurably(fileOf(home), `${JSON.stringify(meta, null, 2)}\n`)
}

const fileOf = (home: string) => join(home, 'meta.json')
