/** Not a command of `ip`: it answers with an error that carries the line's number, after all that stands before it. */
export const MARKER = 'end-of-request'

export interface Answers {
  /** What `ip` said of the first requests, of each that it has come to the end of. */
  answers: string[]
  /** What it has said since. */
  rest: string
}

/**
 * Cuts what `ip -batch` wrote into the answers to requests.
 * @param markers the numbers of the lines that end the requests without an answer, in turn
 */
export function answersIn(said: string, markers: number[]): Answers {
  const answers: string[] = []
  let rest = said
  for (const marker of markers) {
    const stop = `Command failed -:${marker}\n`
    const at = rest.indexOf(stop)
    if (at < 0) break
    answers.push(rest.slice(0, at))
    rest = rest.slice(at + stop.length)
  }
  return { answers, rest }
}

/** The messages of `ip` in what it wrote, without line numbers and what is tolerated. */
export function complaints(said: string, tolerate?: RegExp): string[] {
  return said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('Command failed ') && !line.includes(MARKER))
    .filter((line) => !tolerate?.test(line))
}
