import type { Runtime } from '../../runtime/runtime.ts'

/** How many of its last log lines are kept of a run that has failed, and how many bytes of them: all of it is reported. */
const LINES = 20
const MOST_BYTES = 8 * 1024

/** The last lines that a task wrote, the newest last. */
export async function readLogTail(id: string, runtime: Pick<Runtime, 'logs'>): Promise<string[]> {
  const lines = await runtime.logs(id, LINES)
  return fitting(lines.map(({ text }) => text))
}

/** The newest lines that fit, the first of them cut where it must be. Bytes as JSON has them: six for a control character. */
function fitting(lines: string[]): string[] {
  const kept: string[] = []
  let room = MOST_BYTES
  for (const line of lines.toReversed()) {
    const text = cut(line, room)
    if (text === '' && line !== '') break
    kept.unshift(text)
    room -= bytesOf(text)
    if (text !== line) break
  }
  return kept
}

/** The beginning of a text that is not longer than `room` bytes. */
function cut(text: string, room: number): string {
  if (bytesOf(text) <= room) return text
  let size = bytesOf('')
  let end = 0
  for (const letter of text) {
    size += bytesOf(letter) - bytesOf('')
    if (size > room) break
    end += letter.length
  }
  return text.slice(0, end)
}

function bytesOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text))
}
