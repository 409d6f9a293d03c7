const NEWLINE = Buffer.from('\n')
const FULL = 70 // F
/** Bytes of a row that has no end yet; conmon's are shorter. */
const MOST = 256 * 1024

/**
 * Takes the bytes of a log as conmon writes it (`<time> stdout F|P <bytes>` in each row) and gives the bytes that went
 * into it: a whole row (F) ended with a newline, a part (P) did not.
 */
export function createUnrows(): (chunk: Buffer) => Buffer {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    const text = Buffer.concat([rest, chunk])
    const parts: Buffer[] = []
    let start = 0
    for (let end = text.indexOf(NEWLINE); end !== -1; end = text.indexOf(NEWLINE, start)) {
      parts.push(...bytesOf(text.subarray(start, end)))
      start = end + 1
    }
    rest = Buffer.from(text.subarray(start, start + MOST))
    return Buffer.concat(parts)
  }
}

/** The flag stands after the second space, the bytes after the third. */
function bytesOf(row: Buffer): Buffer[] {
  const flag = row.indexOf(' ', row.indexOf(' ') + 1) + 1
  const bytes = row.subarray(flag + 2)
  return row[flag] === FULL ? [bytes, NEWLINE] : [bytes]
}
