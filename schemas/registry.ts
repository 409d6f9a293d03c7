/**
 * What containers/image says of registries: buildah on the hosts and skopeo beside the controller use the same words.
 * Only `trouble` may pass by itself.
 */
export type RegistryFailure = 'missing' | 'denied' | 'full' | 'trouble'

const FULL = /no space left on device|disk quota exceeded/i
const DENIED =
  /unauthorized|authentication required|invalid username\/password|access to the resource is denied|requested access|status code 40[13]|40[13] \((?:Unauthorized|Forbidden)\)|error getting credentials|authentication failed/i
const MISSING =
  /manifest unknown|name unknown|repository .*not found|does not resolve to an image|image not known|no such image|invalid reference format|status code 404|reading manifest .*: not found|no image found in (?:manifest list|image index)/i

/** What a failed command means for who asked. A full disk comes first: registries' words may stand in the same message. */
export function classify(stderr: string): RegistryFailure {
  if (FULL.test(stderr)) return 'full'
  if (MISSING.test(stderr)) return 'missing'
  return DENIED.test(stderr) ? 'denied' : 'trouble'
}

/**
 * A message without what may let somebody in: a user and password in a URL, its query (storage behind a registry is
 * reached by signed URLs), and what a credential helper has printed.
 */
export function withoutSecrets(text: string): string {
  return text
    .replace(/out: [`"'].*/s, 'out: …')
    .replace(/(\w+:\/\/)[^\s/@"]*@/g, '$1…@')
    .replace(/(\w+:\/\/[^\s"?]*)\?[^\s"]*/g, '$1?…')
    .replace(/\b(bearer|basic) [\w.~+/=-]+/gi, '$1 …')
}

/** The registry of a full reference: `docker.io`. */
export function registryOf(reference: string): string {
  return reference.split('/')[0] ?? reference
}
