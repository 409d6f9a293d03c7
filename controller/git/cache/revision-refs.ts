import { git } from '../call/git.ts'
import type { CacheRepository } from './cache-repository.ts'

/** The refs that hold revisions: git clears away what no ref leads to. */
const REVISIONS = 'refs/setpoint/revisions'
const MAX_REVISIONS = 100

/** The ref that holds a revision. */
export function refOf(revision: string): string {
  return `${REVISIONS}/${revision}`
}

/** True when a repository has a revision, and holds it. */
export async function hasRef(repository: CacheRepository, revision: string): Promise<boolean> {
  const call = await repository.call(revision, ['rev-parse', '--verify', '--end-of-options', refOf(revision)])
  return git(call).then(
    () => true,
    () => false,
  )
}

/** Holds a revision that was fetched in another way. Where it is not, nothing is done. */
export async function addRef(repository: CacheRepository, revision: string): Promise<void> {
  const call = await repository.call(revision, ['update-ref', refOf(revision), revision])
  await git(call).catch(() => {})
}

/**
 * Lets go of all but the newest, and has git clear away what is held no more.
 * @param revision one of the same kind of hash
 * @throws GitFailure
 */
export async function dropOldRefs(repository: CacheRepository, revision: string): Promise<void> {
  const args = ['for-each-ref', '--sort=-creatordate', '--format=%(refname)', REVISIONS]
  const refs = (await git(await repository.call(revision, args))).split('\n').filter((ref) => ref !== '')
  const input = refs.slice(MAX_REVISIONS).map((ref) => `delete ${ref}\n`)
  if (input.length > 0) {
    await git({ ...(await repository.call(revision, ['update-ref', '--stdin'])), input: input.join('') })
  }
  await git(await repository.call(revision, ['gc', '--prune=now']))
}
