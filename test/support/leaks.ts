import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A text as it might be written: as it is, in hex, and in base64 wherever it begins. */
export function spellings(text: string): Buffer[] {
  const bytes = Buffer.from(text)
  const shifted = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return encoded.slice(before === 0 ? 0 : 4, encoded.length - 4) // without what neighbours have a part in
  })
  return [text, bytes.toString('hex'), bytes.toString('hex').toUpperCase(), ...shifted].map((one) =>
    Buffer.from(one),
  )
}

/** The files below a folder that have one of the spellings; `skip` tells which folders are not looked into. */
export async function filesWith(
  folder: string,
  wanted: Buffer[],
  skip: (path: string) => boolean = () => false,
): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return skip(path) ? [] : filesWith(path, wanted, skip)
    if (!entry.isFile()) return []
    const bytes = await readFile(path).catch(() => Buffer.alloc(0))
    return has(bytes, wanted) ? [path] : []
  })
  return (await Promise.all(found)).flat()
}

/** `pid: command line` of the processes whose argv or environment has one of the spellings. */
export async function processesWith(wanted: Buffer[]): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = pids.map(async (pid) => {
    const [argv, environ] = await Promise.all(
      ['cmdline', 'environ'].map((name) => readFile(`/proc/${pid}/${name}`).catch(() => Buffer.alloc(0))),
    )
    if (!argv || !environ || !(has(argv, wanted) || has(environ, wanted))) return []
    return [`${pid}: ${argv.toString().replaceAll('\0', ' ').slice(0, 200)}`]
  })
  return (await Promise.all(found)).flat()
}

export function has(bytes: Buffer, wanted: Buffer[]): boolean {
  return wanted.some((one) => bytes.includes(one))
}
