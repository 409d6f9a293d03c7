import type { Problem } from '../../../schemas/problem.ts'
import { errorAt, errorIn } from '../problems.ts'
import { placesOf, withoutMark } from '../text.ts'

/** The text of a file, or why it is none: a wrong byte that counted as U+FFFD would change a value unseen. */
export function decodeText(path: string, bytes: Buffer): { text: string } | { problem: Problem } {
  if (isUtf16(bytes)) return { problem: errorIn(path, 'the file is UTF-16; save it as UTF-8') }
  const text = bytes.toString('utf8')
  const wrong = firstWrong(text, bytes)
  return wrong ? { problem: notUtf8(path, text, wrong) } : { text }
}

/** By its mark, or by the zeros of ASCII characters. */
function isUtf16(bytes: Buffer): boolean {
  const [a, b, c, d] = bytes
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return true
  return (!!a && b === 0 && !!c && d === 0) || (a === 0 && !!b && c === 0 && !!d)
}

interface Wrong {
  /** In the text, where U+FFFD stands for the byte. */
  offset: number
  byte: number
}

/** The first U+FFFD that the file itself does not have. What stands before it has been read as it is. */
function firstWrong(text: string, bytes: Buffer): Wrong | undefined {
  let at = 0
  let from = 0
  for (let offset = text.indexOf('\uFFFD'); offset >= 0; offset = text.indexOf('\uFFFD', from)) {
    at += Buffer.byteLength(text.slice(from, offset))
    const byte = bytes[at] ?? 0
    if (byte !== 0xef || bytes[at + 1] !== 0xbf || bytes[at + 2] !== 0xbd) return { offset, byte }
    at += 3
    from = offset + 1
  }
  return undefined
}

function notUtf8(path: string, text: string, { offset, byte }: Wrong): Problem {
  const unmarked = withoutMark(text)
  const place = placesOf(path, unmarked)(offset - (text.length - unmarked.length))
  return errorAt(place, '', `is no UTF-8 at this byte (0x${byte.toString(16)}); save the file as UTF-8`)
}
