import type { Readable } from 'node:stream'
import { MAX_FILE_BYTES } from '../../../schemas/source.ts'

/** What comes in: of an endless stream a little more than is read of a file, by which it is told. */
export async function readStdin(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk))
    length += chunk.length
    if (length > MAX_FILE_BYTES) break
  }
  return Buffer.concat(chunks)
}
