import { setOf, string } from './common.ts'

/** Compose Specification §profiles. */
export const profiles = setOf(string, 'a list of profiles, as in [debug]')
