import type { Problem } from '../../schemas/problem.ts'

interface Told {
  file: string
  message: string
}

/** A problem of which each place, those it is related to as well, is told in another way. */
export function withPlaces({ related, ...problem }: Problem, tell: (place: Told) => Told): Problem {
  const seen = <T extends Told>(place: T): T => ({ ...place, ...tell(place) })
  return { ...seen(problem), ...(related && { related: related.map(seen) }) }
}
