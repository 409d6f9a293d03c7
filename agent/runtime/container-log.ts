import { open } from 'node:fs/promises'
import type { LogLine } from './runtime.ts'

const CHUNK = 64 * 1024
/** However long the lines are, no more of a log than this is read at once. */
const MAX_READ = 8 * 1024 * 1024
const NEWLINE = 10
const SPACE = 32
const FULL = 70 // F

/** The last lines of a log in conmon's k8s-file format, read from its end; none when there is no log yet. */
export async function tailLog(file: string, tail: number): Promise<LogLine[]> {
  if (tail <= 0) return []
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (handle === undefined) return []
  try {
    let position = (await handle.stat()).size
    const end = position
    let text = Buffer.alloc(0)
    while (position > 0 && end - position < MAX_READ && fullLines(text) <= tail) {
      const length = Math.min(Math.max(CHUNK, text.length), position)
      position -= length
      const chunk = Buffer.alloc(length)
      const { bytesRead } = await handle.read(chunk, 0, length, position)
      text = Buffer.concat([chunk.subarray(0, bytesRead), text])
    }
    const whole = position > 0 ? text.subarray(text.indexOf(NEWLINE) + 1) : text
    return parseLog(whole.toString('utf8')).slice(-tail)
  } finally {
    await handle.close()
  }
}

/**
 * Lines of the form `<time> stdout|stderr F|P <text>`; conmon cuts what has no end of line yet (P), and the parts of a
 * line are joined again, those of either stream for themselves. The time is that of the first part.
 */
export function parseLog(text: string): LogLine[] {
  const lines: LogLine[] = []
  const open: Partial<Record<LogLine['stream'], LogLine>> = {}
  for (const row of text.split('\n')) {
    const [, at, stream, flag, part] = /^(\S+) (stdout|stderr) ([FP]) (.*)$/s.exec(row) ?? []
    if (at === undefined || part === undefined) continue
    const name = stream as LogLine['stream']
    const begun = open[name]
    const line = begun ?? { at, stream: name, text: '' }
    line.text += part
    if (begun === undefined) lines.push(line)
    if (flag === 'P') open[name] = line
    else delete open[name]
  }
  return lines
}

/** Counts lines that are whole: `P` parts do not end one. The flag stands right after the stream's six letters. */
function fullLines(text: Buffer): number {
  let count = 0
  let start = 0
  for (let end = text.indexOf(NEWLINE); end !== -1; end = text.indexOf(NEWLINE, start)) {
    if (text[text.indexOf(SPACE, start) + ' stdout '.length] === FULL) count += 1
    start = end + 1
  }
  return count
}
