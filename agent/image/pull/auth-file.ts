import { access } from 'node:fs/promises'
import type { Log } from '../../../schemas/log.ts'

/**
 * The credentials file for the next pull, looked up anew each time so that a fresh one counts at once. Undefined when
 * there is none: buildah then finds credentials where `buildah login` and `docker login` put them.
 */
export function authFileAt(path: string, log: Pick<Log, 'debug'>): () => Promise<string | undefined> {
  return async () => {
    try {
      await access(path)
      return path
    } catch {
      log.debug({ path }, 'There is no auth file: pulling with the credentials that buildah finds, if any')
      return undefined
    }
  }
}
