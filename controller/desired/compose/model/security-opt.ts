import { textNode } from '../../yaml/node.ts'
import type { Shape } from '../shape.ts'
import { distinct, setOf, string } from './common.ts'
import { resolvePath } from './path.ts'

/** `seccomp=PROFILE` and `seccomp:PROFILE` (docker run §security-opt). */
const SECCOMP = /^(seccomp[=:])(.+)$/s
const WORDS = ['unconfined', 'builtin']

/** One setting, of which the path of a seccomp profile starts from the project directory. */
const setting: Shape = {
  ...string,
  canonical({ node }, scope) {
    const [, name, profile] = (node.kind === 'scalar' && SECCOMP.exec(node.text)) || []
    if (name === undefined || profile === undefined || WORDS.includes(profile)) return node
    return textNode(node, `${name}${resolvePath(profile, scope)}`)
  },
}

/** Compose Specification §security_opt. */
export const securityOpt: Shape = distinct(setOf(setting, 'a list of strings'))

/** The profile of the repository that a setting names in canonical form; undefined where it names none. */
export function repositoryProfile(setting: string): string | undefined {
  const profile = SECCOMP.exec(setting)?.[2]
  if (profile === undefined || WORDS.includes(profile)) return undefined
  return profile.startsWith('/') ? undefined : profile
}
