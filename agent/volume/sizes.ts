import { type Argv, run } from '../runtime/exec.ts'

/** Milliseconds for all of them together. */
const DEADLINE = 60_000

/**
 * How many bytes folders take up on the disk, in one process, one folder after the other. Those that could not be read to
 * the end in time are left out.
 */
export async function sizesOf(folders: string[]): Promise<Map<string, number>> {
  if (folders.length === 0) return new Map()
  const input = folders.map((folder) => `${folder}\0`).join('')
  const { stdout } = await run(duArgv(), { input, timeout: DEADLINE })
  return parseDu(stdout)
}

/** du(1): what is mounted in a folder is not counted, and the names end in NUL. */
export function duArgv(): Argv {
  return ['du', '--summarize', '--block-size=1', '--one-file-system', '--null', '--files0-from=-']
}

/** `4096<TAB>/path<NUL>` for each folder; what was cut off when the time was up is left out. */
export function parseDu(said: string): Map<string, number> {
  const whole = said.split('\0').slice(0, -1)
  return new Map(
    whole.flatMap((line): [string, number][] => {
      const [, bytes, folder] = /^(\d+)\t(.+)$/s.exec(line) ?? []
      return folder === undefined ? [] : [[folder, Number(bytes)]]
    }),
  )
}
