import { readFileSync } from 'node:fs'

/** What reading gives when the process, cgroup or controller that a file tells of is not there, or went meanwhile. */
const GONE = ['ENOENT', 'ENOTDIR', 'ESRCH', 'ENODEV', 'EINVAL', 'EOPNOTSUPP']

/**
 * The text of a file of /proc, /sys or a cgroup; undefined when what it tells of is gone. No thread of the pool is asked:
 * the kernel makes the text as it is read, in microseconds.
 */
export function readKernelFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return gone(error as NodeJS.ErrnoException)
  }
}

/** For `catch` around another way to read such a file: undefined when what it tells of is gone. */
export function gone(error: NodeJS.ErrnoException): undefined {
  if (!GONE.includes(error.code ?? '')) throw error
}
