const MAX_CANDIDATES = 200
/** A word that differs in more letters is another word. */
const MAX_DISTANCE = 3
const FAR = 99

/** The candidate that a person most likely meant; undefined when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = flatten(word)
  if (wanted.length > 64) return undefined
  let best: { candidate: string; distance: number } | undefined
  let seen = 0
  for (const candidate of candidates) {
    if (++seen > MAX_CANDIDATES) break
    const distance = editDistance(wanted, flatten(candidate))
    if (
      distance < wanted.length &&
      distance <= Math.max(1, Math.floor(wanted.length / 3)) &&
      distance < (best?.distance ?? MAX_DISTANCE + 1)
    ) {
      best = { candidate, distance }
    }
  }
  return best?.candidate
}

function flatten(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '')
}

/** Levenshtein distance, where a swap of two neighbours counts once; any beyond `MAX_DISTANCE` is only known to be so. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_DISTANCE) return FAR
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = new Array<number>(b.length + 1).fill(FAR)
    if (i <= MAX_DISTANCE) current[0] = i
    const end = Math.min(b.length, i + MAX_DISTANCE)
    for (let j = Math.max(1, i - MAX_DISTANCE); j <= end; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + change)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      current[j] = cost
    }
    before = previous
    previous = current
  }
  return previous[b.length] ?? FAR
}

/** The words as a sentence names them: `a, b or c`. */
export function alternatives(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`
}
