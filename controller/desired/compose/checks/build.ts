import { type Cursor, failAtKey, within } from '../../cursor.ts'
import { scalarText, textAt, valueAt } from '../../yaml/node.ts'
import { asMap, has } from '../edit.ts'

/** Compose Specification §build: one Dockerfile, and the service's platform among those that are built. */
export function checkBuild(service: Cursor): void {
  const build = asMap(valueAt(service.node, 'build'))
  if (has(build, 'dockerfile') && has(build, 'dockerfile_inline')) {
    failAtKey(within(service, 'build', 'dockerfile_inline'), 'stands beside dockerfile; keep one')
  }
  checkPlatforms(service, textAt(service.node, 'platform'))
}

function checkPlatforms(service: Cursor, platform: string | undefined): void {
  const built = valueAt(service.node, 'build', 'platforms')
  if (!platform || built?.kind !== 'list' || built.items.length === 0) return
  const isBuilt = built.items.some((item) => item.kind === 'scalar' && scalarText(item) === platform)
  if (!isBuilt) {
    const message = `does not list ${platform}, the platform of the service; add it`
    failAtKey(within(service, 'build', 'platforms'), message)
  }
}
