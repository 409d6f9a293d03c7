import { SetpointError } from '../../schemas/error.ts'
import type { ImageSource } from '../../schemas/image.ts'
import type { Build } from './build/build.ts'
import type { Pull } from './pull/pull.ts'
import { digestOf, pullName } from './reference.ts'
import type { Storage } from './storage.ts'
import { type Caller, whileWanted } from './while-wanted.ts'

/**
 * Resolves with the id of the image, which is then in the storage: it was there, or it was pulled or built.
 * @throws SetpointError IMAGE_NOT_FOUND, IMAGE_PULL_FAILED, IMAGE_BUILD_FAILED or DISK_FULL
 */
export type Bring = (source: ImageSource, caller: Caller) => Promise<string>

interface BringOptions {
  storage: Storage
  pull: Pull
  build: Build
  /** Runs each pull and build that it is given. */
  whileFetching: <T>(fetch: () => Promise<T>) => Promise<T>
  /** Hears what was brought; `isNew`: the image was not in the storage before, under any name. */
  onBrought: (id: string, source: ImageSource, isNew: boolean) => void
}

/** Brings images by pulls and builds; callers who ask for the same one at once share it. */
export function createBring({ storage, pull, build, whileFetching, onBrought }: BringOptions): Bring {
  const fetching = whileWanted<string>()

  async function fetch(source: ImageSource, caller: Required<Caller>): Promise<string> {
    const { reference, spec } = source
    const before = new Set((await storage.list()).map(({ id }) => id))
    if (spec) await build(reference, spec, caller)
    else await pull(source, caller)
    const id = await storage.find(source)
    if (id === undefined) throw notHere(reference, 'it was fetched, and somebody has removed it since')
    onBrought(id, source, !before.has(id))
    return id
  }

  return async (source, caller) => {
    const { reference, pull: policy, spec } = source
    // What a digest names does not change: what is here of it is as fresh as what the registry has.
    const isFixed = spec !== undefined || digestOf(source) !== undefined
    const id = policy === 'always' && !isFixed ? undefined : await storage.find(source)
    if (id !== undefined) return id
    if (!spec && policy === 'never') throw notHere(reference, '`pull_policy: never` forbids to pull it')
    if (!spec && isLocal(reference)) throw notHere(reference, '`localhost/` is no registry to pull it from')
    const key = [pullName(source), source.platform].join(' ')
    return fetching(key, (shared) => whileFetching(() => fetch(source, shared)), caller)
  }
}

function isLocal(reference: string): boolean {
  return reference.startsWith('localhost/')
}

function notHere(reference: string, why: string): SetpointError {
  return new SetpointError('IMAGE_NOT_FOUND', `${reference} is not on this host, and ${why}`, {
    hint: 'Pull or build it on the host, or change `image` or `pull_policy` in the stack file.',
  })
}
