import type { Key, Shape } from './shape.ts'

/**
 * What Setpoint does with a key of the Compose Specification. Each key in `model/` has one; a key that stands nowhere
 * there is unknown.
 */
export type Mark =
  | { mark: 'honoured' }
  /** Accepted without effect: told as a notice, except where the value is what happens anyway. */
  | { mark: 'ignored'; reason: string; usual: readonly unknown[] }
  /** Refused: its silent absence would be wrong or dangerous. `usual` values ask for nothing and pass. */
  | { mark: 'refused'; reason: string; instead: string; usual: readonly unknown[] }

/** Why a key is refused whose time has not come. */
export const LATER = 'not honoured yet'

/** Why a key has no effect that only makes things faster or slower. */
export const TUNING = 'a matter of tuning that changes nothing the service can see'

export function honoured(shape: Shape, about: string): Key {
  return { shape, mark: { mark: 'honoured' }, about }
}

interface WithoutEffect {
  reason: string
  /** Values that are what happens anyway, so that nothing is told of them. */
  usual?: readonly unknown[]
}

export function ignored(shape: Shape, about: string, { reason, usual = [] }: WithoutEffect): Key {
  return { shape, mark: { mark: 'ignored', reason, usual }, about }
}

interface Refusal extends WithoutEffect {
  /** What to do in place of it, as an imperative. */
  instead: string
}

export function refused(shape: Shape, about: string, { reason, instead, usual = [] }: Refusal): Key {
  return { shape, mark: { mark: 'refused', reason, instead, usual }, about }
}
