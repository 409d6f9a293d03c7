import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSparseWriter } from '../../../../schemas/common/sparse.ts'

const MIB = 1024 * 1024
const ZEROS = Buffer.alloc(64 * 1024)

it.each<[string, Buffer[]]>([
  ['in the middle', [Buffer.from('a'), ...Array<Buffer>(64).fill(ZEROS), Buffer.from('b')]],
  ['at the end', [Buffer.from('a'), ...Array<Buffer>(64).fill(ZEROS)]],
  ['all through', Array<Buffer>(64).fill(ZEROS)],
])('zeros %s take no room, and are there', async (_, pieces) => {
  const folder = await mkdtemp(join(tmpdir(), 'setpoint-sparse-'))
  const path = join(folder, 'file')
  const file = await open(path, 'w')
  try {
    const writer = createSparseWriter(file)
    for (const piece of pieces) await writer.write(piece)
    await writer.finish()
    expect((await readFile(path)).equals(Buffer.concat(pieces))).toBe(true)
    expect((await stat(path)).blocks * 512).toBeLessThan(MIB)
  } finally {
    await file.close()
    await rm(folder, { recursive: true })
  }
})
