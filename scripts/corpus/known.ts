import type { Difference } from './differences.ts'

/** Differences that are meant, by rule: never by the name of a file. */
export const KNOWN_DIFFERENCES: { reason: string; explains(difference: Difference): boolean }[] = []

/** Projects that one accepts and the other does not, by the message of the one that refuses. */
export const KNOWN_ANSWERS: { reason: string; explains(messages: Messages): boolean }[] = []

interface Messages {
  ours: string | undefined
  theirs: string | undefined
}
