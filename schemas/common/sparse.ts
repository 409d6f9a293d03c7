/** A file that is open for writing; a FileHandle of Node fits. */
interface File {
  write(bytes: Buffer, at: number, length: number, position: number): Promise<{ bytesWritten: number }>
  truncate(length: number): Promise<void>
}

/** Writes an empty file from its beginning to its end. */
export interface SparseWriter {
  write(bytes: Buffer): Promise<void>
  /** Gives it its length. */
  finish(): Promise<void>
}

const ZEROS = Buffer.alloc(64 * 1024)

/** A piece that is all zeros takes no room on the disk, as with `cp --sparse=always`. */
export function createSparseWriter(file: File): SparseWriter {
  let end = 0
  let endsInHole = false
  return {
    async write(bytes) {
      endsInHole = bytes.length <= ZEROS.length && bytes.equals(ZEROS.subarray(0, bytes.length))
      for (let at = 0; at < bytes.length && !endsInHole; )
        at += (await file.write(bytes, at, bytes.length - at, end + at)).bytesWritten
      end += bytes.length
    },
    async finish() {
      if (endsInHole) await file.truncate(end)
    },
  }
}
