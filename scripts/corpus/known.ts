import type { Difference } from './differences.ts'

/** Differences that are meant, by rule: never by the name of a file. */
export const KNOWN_DIFFERENCES: { reason: string; explains(difference: Difference): boolean }[] = []

/** Projects that one accepts and the other does not, by the message of the one that refuses. */
export const KNOWN_ANSWERS: { reason: string; explains(messages: Messages): boolean }[] = [
  {
    reason: 'a variable is required only where its branch is taken; Compose 2.40 looks at every branch',
    explains: ({ ours, theirs = '' }) =>
      ours === undefined && /^error while interpolating .*: required variable \w+ is missing/.test(theirs),
  },
]

interface Messages {
  ours: string | undefined
  theirs: string | undefined
}
