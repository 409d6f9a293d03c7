import { join } from 'node:path'
import { diskFiles } from '../../controller/cli/project/disk-files.ts'
import { isThereOnDisk } from '../../controller/cli/project/find-files.ts'
import type { Files } from '../../controller/desired/files/files.ts'

/** A corpus where Compose saw it: `/corpus` and `/cases`; there is nothing else. */
export interface Mounted {
  files: Files
  isThere(path: string): boolean
}

export function mount(corpus: string): Mounted {
  const seen = new Map<string, string | undefined>()
  const real = (path: string) => {
    if (path.startsWith('/corpus/')) return join(corpus, path.slice('/corpus/'.length))
    return path.startsWith('/cases/') ? join(corpus, path) : undefined
  }
  const shown = (path: string) =>
    path.startsWith(join(corpus, 'cases/'))
      ? path.slice(corpus.length)
      : `/corpus${path.slice(corpus.length)}`
  const disk = diskFiles({ shown })
  return {
    files: {
      seen,
      read: (path) => {
        const place = real(path)
        return place === undefined ? { problem: `there is no file ${path}`, missing: true } : disk.read(place)
      },
      list: () => undefined,
      identity: (path) => disk.identity(real(path) ?? ''),
    },
    isThere: (path) => isThereOnDisk(real(path) ?? ''),
  }
}
