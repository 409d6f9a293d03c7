import { join } from 'node:path'
import { shared } from '../../schemas/common/shared.ts'
import { CONTENT_MODE, type ContentMount } from '../../schemas/content.ts'
import { messageOf, SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { MAX_PACK_BYTES, type PackEntry, packDigest, unpack } from '../../schemas/pack.ts'
import { contentKey } from '../../schemas/wire.ts'
import type { Paths } from '../paths.ts'
import type { ResolvedMount } from '../runtime/runtime.ts'
import type { Contents } from './contents.ts'
import { createCopies } from './copies.ts'
import type { Fetch } from './fetch.ts'
import { type Owner, readTree } from './tree.ts'

export interface ContentsOptions {
  paths: Pick<Paths, 'state'>
  fetch: Fetch
  log: Log
}

/**
 * Content under `<state>/contents`, so that after a reboot nobody has to be asked. The signed task names the digest;
 * whatever Redis holds is taken only if it hashes to that.
 */
export function createContents({ paths, fetch, log }: ContentsOptions): Contents {
  const copies = createCopies(join(paths.state, 'contents'), log)
  const once = shared<string>()

  async function place(mount: ContentMount): Promise<string> {
    const plain = await once(mount.digest, () => placePlain(mount))
    const owner = ownerOf(mount)
    return owner
      ? once(`${mount.digest} ${JSON.stringify(owner)}`, () => placeOwned(mount, owner, plain))
      : plain
  }

  async function placePlain({ digest, target }: ContentMount): Promise<string> {
    const found = await copies.find(digest)
    if (found !== undefined) return found
    const entries = await fetched(digest, target)
    const made = await copies.make(digest, entries)
    log.info({ digest, files: entries.length }, 'Content is here')
    return made
  }

  async function placeOwned(mount: ContentMount, owner: Owner, plain: string): Promise<string> {
    const found = await copies.find(mount.digest, owner)
    return found ?? copies.make(mount.digest, await readTree(plain), owner)
  }

  async function fetched(digest: string, target: string): Promise<PackEntry[]> {
    const key = contentKey(digest)
    const bytes = await fetch(key, MAX_PACK_BYTES).catch((error) => {
      throw missing(target, `Redis does not answer: ${messageOf(error)}`)
    })
    if (!bytes) throw missing(target, `there is nothing under ${key}`)
    if (packDigest([bytes]) !== digest) throw invalid(target, `what is under ${key} has another digest`)
    try {
      return unpack(bytes)
    } catch (error) {
      throw invalid(target, `what is under ${key} is no content: ${messageOf(error)}`)
    }
  }

  return {
    async resolve({ container }) {
      const mounts = (container.contents ?? []).filter(({ kind }) => kind !== 'secret')
      return Promise.all(
        mounts.map(async (mount): Promise<ResolvedMount> => {
          const source = await place(mount)
          // nothing is ever mounted below: with this the runtime need not look whether it is a file
          return { type: 'bind', source, target: mount.target, readOnly: true, recursive: 'writable' }
        }),
      )
    },
    release: copies.release,
  }
}

/** A config is owned as the service says; a file of the repository is as it is there. */
function ownerOf({ kind, uid = 0, gid = 0, mode = CONTENT_MODE }: ContentMount): Owner | undefined {
  return kind === 'config' ? { uid, gid, mode } : undefined
}

function missing(target: string, why: string): SetpointError {
  return new SetpointError(
    'CONTENT_MISSING',
    `What is to be mounted at ${target} is not on this host: ${why}.`,
    {
      hint: 'The controller puts it there when it sees this; the agent tries again.',
    },
  )
}

function invalid(target: string, why: string): SetpointError {
  return new SetpointError('CONTENT_INVALID', `What is to be mounted at ${target} was not taken: ${why}.`, {
    hint: 'Who else can write to this Redis? The controller puts the content there again, and the agent tries again.',
  })
}
