import { runInNewContext } from 'node:vm'
import { SetpointError } from '../../../schemas/error.ts'

/** What SOPS writes of a file beside its values, as far as it says how to open it. */
export interface Metadata {
  mac: string
  lastmodified: string
  unencrypted_suffix?: string
  encrypted_suffix?: string
  unencrypted_regex?: string
  encrypted_regex?: string
  mac_only_encrypted: boolean
}

/** Milliseconds for the expressions of a file over all its keys. */
const REGEX_TIME = 1_000

/** @throws SetpointError SECRET_SEALED for what is not honoured */
export function readMetadata(values: Record<string, unknown>): Metadata {
  const text = (name: string) => (values[name] === undefined ? undefined : String(values[name]))
  const refused = ['unencrypted_comment_regex', 'encrypted_comment_regex', 'key_groups'].find(
    (name) => values[name] !== undefined,
  )
  if (refused) throw sealed(`its ${refused} is not honoured; encrypt it without.`)
  const [mac, lastmodified] = [text('mac'), text('lastmodified')]
  if (!mac || !lastmodified)
    throw sealed('it has no mac and lastmodified, so nothing tells that it is whole.')
  const rules = ['unencrypted_suffix', 'encrypted_suffix', 'unencrypted_regex', 'encrypted_regex'].flatMap(
    (name) => {
      const rule = text(name)
      return rule ? [[name, rule]] : []
    },
  )
  const macOnly = text('mac_only_encrypted') === 'true'
  return { mac, lastmodified, ...Object.fromEntries(rules), mac_only_encrypted: macOnly }
}

/** Tells of a place, the keys above a value and its own, whether SOPS encrypts what is there. */
export function encryptionRule(metadata: Metadata): (path: string[]) => boolean {
  const { unencrypted_suffix, encrypted_suffix, unencrypted_regex, encrypted_regex } = metadata
  return (path) => {
    let encrypted = true
    if (unencrypted_suffix) encrypted = !path.some((key) => key.endsWith(unencrypted_suffix))
    if (encrypted_suffix) encrypted = path.some((key) => key.endsWith(encrypted_suffix))
    if (unencrypted_regex) encrypted &&= !someMatch(unencrypted_regex, path)
    if (encrypted_regex) encrypted = someMatch(encrypted_regex, path)
    return encrypted
  }
}

/** Whether a pattern matches a key of the path; with a deadline, since JavaScript may take for ever where Go does not. */
function someMatch(pattern: string, path: string[]): boolean {
  try {
    const sandbox = { pattern, path: path.map((key) => key.slice(0, 1024)) }
    return runInNewContext('path.some((key) => new RegExp(pattern).test(key))', sandbox, {
      timeout: REGEX_TIME,
    })
  } catch {
    throw sealed('its regular expression is not one of JavaScript, or takes too long.')
  }
}

export function sealed(why: string): SetpointError {
  return new SetpointError('SECRET_SEALED', why)
}
