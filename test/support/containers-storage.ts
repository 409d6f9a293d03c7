import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A containers-storage of its own in a folder that is removed on `close`. */
export interface TestStorage {
  folder: string
  storageRoot: string
  storageRun: string
  buildah(...args: string[]): Promise<string>
  close(): Promise<void>
}

export async function testStorage(): Promise<TestStorage> {
  const folder = await mkdtemp(join(tmpdir(), 'setpoint-image-'))
  const [storageRoot, storageRun] = [join(folder, 'storage'), join(folder, 'storage-run')]
  const buildah = async (...args: string[]): Promise<string> =>
    (await execute('buildah', ['--root', storageRoot, '--runroot', storageRun, ...args])).stdout.trim()
  return {
    ...{ folder, storageRoot, storageRun, buildah },
    async close() {
      await buildah('rm', '--all')
      for (const point of await mountsUnder(folder)) await execute('umount', ['-l', point])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Deepest first. */
export async function mountsUnder(folder: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')
  return lines
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${folder}/`))
    .reverse()
}
