import type { ImageSource } from '../../schemas/image.ts'

/** `registry/path`, without tag and digest. */
export function repositoryOf(reference: string): string {
  const [named = ''] = reference.split('@')
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  return colon < 0 ? named : named.slice(0, colon)
}

/** The digest that names the image: what the controller has pinned, else the one in the reference itself. */
export function digestOf({ reference, digest }: ImageSource): string | undefined {
  return digest ?? reference.split('@')[1]
}

/** What is asked of the registry: the digest where there is one, since registries take no tag beside it. */
export function pullName(source: ImageSource): string {
  const digest = digestOf(source)
  return digest === undefined ? source.reference : `${repositoryOf(source.reference)}@${digest}`
}
