const NEWLINE = 0x0a

/**
 * The contents in the output of `git cat-file --batch`, by hash. Each is a copy, so that keeping a small file
 * does not keep the whole output in memory.
 * @throws Error when the output ends early or an object is missing
 */
export function parseBatch(output: Buffer): Map<string, Buffer> {
  const contents = new Map<string, Buffer>()
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(NEWLINE, at)
    const header = output.toString('latin1', at, end < 0 ? output.length : end)
    const [, hash = '', size] = /^([0-9a-f]+) blob (\d+)$/.exec(header) ?? []
    if (size === undefined) throw new Error(`git cat-file said: ${header.slice(0, 200)}`)
    const start = end + 1
    at = start + Number(size) + 1
    if (at > output.length) throw new Error(`git cat-file ended in the middle of ${hash}`)
    contents.set(hash, Buffer.from(output.subarray(start, at - 1)))
  }
  return contents
}
