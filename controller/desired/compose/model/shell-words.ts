export interface Words {
  words: string[]
  /** The operator of a shell at which the line ends for Compose: what follows it is dropped. */
  cutAt?: string
}

/**
 * A command line split into words as Compose splits it (go-shellwords): quotes group, a backslash takes the next
 * character as it is, `$(…)` and backticks stay together as text. No shell runs and nothing is expanded.
 * @returns undefined when a quote or a bracket is not closed
 */
export function shellWords(line: string): Words | undefined {
  const words: string[] = []
  let word: string | undefined
  let read = 0
  for (const match of line.matchAll(TOKEN)) {
    read += match[0].length
    const { blank, operator } = match.groups ?? {}
    if (operator === undefined && blank === undefined) {
      word = (word ?? '') + textOf(match)
      continue
    }
    // The digit of `2>` belongs to the operator.
    const isDescriptor = operator === '>' && /^\d/.test(word ?? '')
    if (word !== undefined && !isDescriptor) words.push(word)
    if (operator !== undefined) return { words, cutAt: operator }
    word = undefined
  }
  if (read !== line.length) return undefined
  return { words: word === undefined ? words : [...words, word] }
}

const TOKENS = [
  /(?<blank>[ \t\r\n]+)/,
  /(?<operator>[;&|<>])/,
  /'(?<single>[^']*)'/,
  /"(?<double>[^"\\]*(?:\\.[^"\\]*)*)"/,
  /(?<escaped>\\.)/,
  /(?<kept>\$\([^()\\]*(?:\\.[^()\\]*)*\)|`[^`\\]*(?:\\.[^`\\]*)*`)/,
  /(?<plain>\$|[^ \t\r\n;&|<>'"\\$`()]+)/,
]
const TOKEN = new RegExp(TOKENS.map(({ source }) => source).join('|'), 'gsy')

function textOf({ groups = {} }: RegExpExecArray): string {
  const { single, double, escaped, kept, plain } = groups
  return single ?? plain ?? (double ?? escaped ?? kept ?? '').replace(/\\(.)/gs, '$1')
}
