const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const TAG = /^[\w][\w.-]{0,127}$/
const DIGEST = /^sha256:[a-f0-9]{64}$/
const DOMAIN = /^(?:\[[a-fA-F0-9:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::\d{1,5})?$/

/**
 * An image reference in full, as Docker reads it (distribution/reference, ParseNormalizedNamed and TagNameOnly):
 * `nginx` is `docker.io/library/nginx:latest`; a digest is kept, and with it no tag is added.
 * @returns undefined when it is no reference
 */
export function normaliseReference(reference: string): string | undefined {
  if (reference.length > 400) return undefined
  const [named = '', digest, ...more] = reference.split('@')
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const tag = colon < 0 ? undefined : named.slice(colon + 1)
  if (tag !== undefined && !TAG.test(tag)) return undefined
  const name = fullName(colon < 0 ? named : named.slice(0, colon))
  if (name === undefined) return undefined
  const suffix = tag === undefined ? (digest === undefined ? ':latest' : '') : `:${tag}`
  return `${name}${suffix}${digest === undefined ? '' : `@${digest}`}`
}

function fullName(name: string): string | undefined {
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const isDomain = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase()
  const domain = isDomain ? first : 'docker.io'
  const path = isDomain ? name.slice(slash + 1) : name
  const full =
    (domain === 'docker.io' || domain === 'index.docker.io') && !path.includes('/') ? `library/${path}` : path
  if (!DOMAIN.test(domain) || full.length > 255 || !full.split('/').every((part) => COMPONENT.test(part)))
    return undefined
  return `${domain === 'index.docker.io' ? 'docker.io' : domain}/${full}`
}

/** The reference of an image spec: the tag is the hash of its inputs. */
export function specReference(name: string, hash: string): string {
  return `localhost/setpoint/${name}:${hash}`
}
