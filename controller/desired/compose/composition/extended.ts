import { type Cursor, fail, within } from '../../cursor.ts'
import { broken, isNull, type MapNode, type Node, textAt, withValue } from '../../yaml/node.ts'
import { withoutTags } from '../../yaml/without-tags.ts'
import { service as serviceShape } from '../model/service.ts'
import { describeCycle, isSame, type Link } from './cycle.ts'
import { failUnknownBase, nextStep, originOf, type Step } from './extends-step.ts'
import { merge } from './merge.ts'
import { incomingCursor, withOrigin } from './origin.ts'

/** How many services may extend one another in a row. */
const MAX_CHAIN = 50

/**
 * A service with what it extends merged below it, and so on; undefined where there is no such service.
 * @param chain the services that led here, the first one first
 */
export function extended(step: Step, chain: readonly Step[]): Node | undefined {
  const { services, name, origins } = step
  const known = services.extended.get(name)
  if (known) return known
  const written = services.written(name, origins)
  if (!written) return undefined
  const made = written.kind === 'map' ? withBase(written, step, chain) : written
  services.extended.set(name, made)
  return made
}

function withBase(service: MapNode, step: Step, chain: readonly Step[]): Node {
  const { composing } = step.services
  const origins = [...composing.origins, ...step.origins]
  const path = `services.${step.name}`
  const at = within(incomingCursor(service, { ...composing, origins }, path), 'extends')
  const own = withValue(service, 'extends', undefined)
  if (at.node === service || at.node.tag === '!reset') return own
  const base = baseOf(at, step, chain)
  if (base && isNull(base) && !base.tag) return own
  if (base?.kind !== 'map' || !composing.budget.take(base, at)) return broken(service)
  return merge(base, own, { shape: serviceShape, path, problems: composing.problems })
}

/** What a service extends, ready to be merged below it; undefined, with a problem noted, when there is none. */
function baseOf(at: Cursor, step: Step, chain: readonly Step[]): Node | undefined {
  if (step.services.composing.budget.isExceeded()) return undefined
  const name = textAt(at.node, 'service')
  if (name === undefined)
    return fail(within(at, 'service'), 'needs the name of the service to extend: service')
  const next = nextStep(at, step, name)
  if (!next) return undefined
  const links = [...chain, step].map(linkOf)
  if (links.some((link) => isSame(link, linkOf(next))))
    return fail(at, `circular reference: ${describeCycle(links, linkOf(next))}`)
  if (links.length >= MAX_CHAIN)
    return fail(at, `more than ${MAX_CHAIN} services extend one another in a row`)
  const base = extended(next, [...chain, step])
  return base
    ? withOrigin(withoutTags(base), originOf(at, step, next))
    : failUnknownBase(within(at, 'service'), next)
}

function linkOf({ services, name }: Step): Link {
  return { path: services.path, name }
}
