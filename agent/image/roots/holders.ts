import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import { run } from '../../runtime/exec.ts'
import type { Buildah } from '../buildah.ts'
import { diskFull, lastLines } from '../failures.ts'

/** buildah's working containers, each of which holds an image: buildah removes no image that one is made from. */
export interface Holders {
  /** @param options of `buildah from` */
  hold(name: string, id: string, options?: string[]): Promise<void>
  /** The folder where the file system of its image is mounted. */
  mount(name: string, id: string): Promise<string>
  /** Unmounts it and lets go of its image. Repeatable. */
  remove(name: string): Promise<void>
}

/** What buildah says of a working container that is not there, or that somebody else is just removing. */
const GONE = /not known|not a container/

export function createHolders(buildah: Buildah): Holders {
  return {
    async hold(name, id, options = []) {
      const { exitCode, stderr } = await run(buildah('from', '--pull-never', ...options, '--name', name, id))
      if (exitCode === 0 || stderr.includes('already in use')) return
      throw storageError(`holding image ${id}`, stderr)
    },
    async mount(name, id) {
      const { exitCode, stdout, stderr } = await run(buildah('mount', name))
      if (exitCode !== 0) throw storageError(`mounting image ${id}`, stderr)
      return stdout.trim()
    },
    async remove(name) {
      const { exitCode, stderr } = await run(buildah('rm', name))
      if (exitCode !== 0 && !GONE.test(stderr)) throw storageError(`letting go of ${name}`, stderr)
    },
  }
}

/** A mounted overlay is another device than the folder it is mounted in. Cheaper than /proc/self/mountinfo. */
export function isMountPoint(path: string): boolean {
  const [own, parent] = [path, dirname(path)].map(
    (folder) => statSync(folder, { throwIfNoEntry: false })?.dev,
  )
  return own !== undefined && own !== parent
}

function storageError(doing: string, stderr: string): SetpointError {
  const said = lastLines(stderr, 1)
  if (/no space left/i.test(stderr)) return diskFull(doing, said)
  return new SetpointError('IMAGE_PULL_FAILED', `${doing} failed in containers-storage: ${said}`)
}
