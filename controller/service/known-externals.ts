import { digest } from '../../schemas/canonical.ts'
import { unknownExternal } from '../../schemas/content.ts'
import { packChunks, packDigest } from '../../schemas/pack.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'

/**
 * A spec that was loaded away from the controller, where nobody knows what external configs hold, as it would come out
 * here: what has not changed is not told as a change.
 */
export function withExternals(
  spec: StackSpec,
  externals: ReadonlyMap<string, Buffer>,
  running: StackSpec | null,
): StackSpec {
  if (externals.size === 0) return spec
  const known = new Map([...externals].map(([name, content]) => [unknownExternal(name), digestOf(content)]))
  const services = spec.services.map((service) => {
    const before = running?.services.find(({ name }) => name === service.name)
    return withKnown(service, known, before)
  })
  return { ...spec, services }
}

function withKnown(service: ServiceSpec, known: Map<string, string>, before: ServiceSpec | undefined) {
  const { contents } = service.container
  if (!contents?.some((mount) => known.has(mount.digest))) return service
  const filled = contents.map((mount) => ({ ...mount, digest: known.get(mount.digest) ?? mount.digest }))
  const container = { ...service.container, contents: filled }
  const isSame = before !== undefined && digest(before.container) === digest(container)
  return { ...service, container, ...(isSame && { fingerprint: before.fingerprint }) }
}

function digestOf(content: Buffer): string {
  return packDigest(packChunks([{ path: '', kind: 'file', content }]))
}
