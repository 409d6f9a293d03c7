import type { Argv } from '../runtime/exec.ts'

/** Makes command lines of buildah for one containers-storage. */
export type Buildah = (...args: string[]) => Argv

/** Without roots it is the host's own storage, so that images which podman or buildah put there are seen. */
export function buildahIn({
  storageRoot,
  storageRun,
}: {
  storageRoot?: string | undefined
  storageRun?: string | undefined
}): Buildah {
  const global = [
    ...(storageRoot === undefined ? [] : ['--root', storageRoot]),
    ...(storageRun === undefined ? [] : ['--runroot', storageRun]),
  ]
  return (...args) => ['buildah', ...global, ...args]
}
