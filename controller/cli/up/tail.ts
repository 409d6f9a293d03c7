import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** Milliseconds between two looks at the files. */
const PACE = 250

/** Passes on every line that is appended to the files from now on; gives how to stop that. */
export function tailFiles(files: string[], line: (text: string) => void): () => void {
  const tails = files.map((file) => ({ file, at: sizeOf(file), rest: '' }))
  const timer = setInterval(() => {
    for (const tail of tails) {
      const lines = (tail.rest + readFrom(tail)).split('\n')
      tail.rest = lines.pop() ?? ''
      for (const text of lines) line(text)
    }
  }, PACE)
  return () => clearInterval(timer)
}

function readFrom(tail: { file: string; at: number }): string {
  return withFile(tail.file, '', (descriptor) => {
    const { size } = fstatSync(descriptor)
    // A file that has shrunk was begun again.
    const start = size < tail.at ? 0 : tail.at
    const buffer = Buffer.alloc(size - start)
    readSync(descriptor, buffer, 0, buffer.length, start)
    tail.at = size
    return buffer.toString()
  })
}

function sizeOf(file: string): number {
  return withFile(file, 0, (descriptor) => fstatSync(descriptor).size)
}

function withFile<T>(file: string, otherwise: T, use: (descriptor: number) => T): T {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return otherwise
  }
  try {
    return use(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
