import { MAX_SECCOMP_BYTES, SeccompProfile } from '../../../../schemas/seccomp.ts'
import { checker } from '../../../../schemas/validate.ts'
import { repositoryProfile } from '../../compose/model/security-opt.ts'
import { type Cursor, fail, itemsOf, within } from '../../cursor.ts'
import type { Files } from '../../files/files.ts'
import { scalarText, valueAt } from '../../yaml/node.ts'

/** Seccomp profiles of the repository, by path. */
export type SeccompProfiles = ReadonlyMap<string, SeccompProfile>

/**
 * The profiles that services name under `security_opt`, as they are at the revision. Docker Compose reads them from the
 * disk beside the compose file.
 */
export function seccompProfiles(services: Cursor[], files: Files): SeccompProfiles {
  const profiles = new Map<string, SeccompProfile>()
  for (const at of services.flatMap(settingsOf)) {
    const path = at.node.kind === 'scalar' ? repositoryProfile(scalarText(at.node)) : undefined
    const profile = path === undefined ? undefined : profileAt(at, path, files)
    if (path !== undefined && profile) profiles.set(path, profile)
  }
  return profiles
}

function settingsOf(service: Cursor): Cursor[] {
  return valueAt(service.node, 'security_opt') ? (itemsOf(within(service, 'security_opt')) ?? []) : []
}

function profileAt(at: Cursor, path: string, files: Files): SeccompProfile | undefined {
  const found = files.read(path)
  if ('problem' in found) {
    const advice = 'commit it, or write the absolute path of a profile that is on the hosts'
    return fail(
      at,
      found.missing ? `the repository has no seccomp profile ${path}; ${advice}` : found.problem,
    )
  }
  return profileOf(at, path, found.bytes)
}

function profileOf(at: Cursor, path: string, content: Buffer): SeccompProfile | undefined {
  const read = parsed(content.toString('utf8'))
  if ('problem' in read) return fail(at, `${path} is no JSON: ${read.problem}`)
  const checked = check(read.value)
  if (!checked.ok) return fail(at, `${path} is no seccomp profile as Docker takes it: ${checked.message}`)
  const profile = withoutComments(checked.value)
  const bytes = Buffer.byteLength(JSON.stringify(profile))
  if (bytes <= MAX_SECCOMP_BYTES) return profile
  return fail(at, `${path} has ${bytes} bytes as JSON, at most ${MAX_SECCOMP_BYTES} go along with a task`)
}

const check = checker(SeccompProfile)

function parsed(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

/** A comment that changes replaces no task. */
function withoutComments({ syscalls, ...profile }: SeccompProfile): SeccompProfile {
  if (!syscalls) return profile
  return { ...profile, syscalls: syscalls.map(({ comment: _, ...rule }) => rule) }
}
