import { posix } from 'node:path'
import { digest } from '../../../schemas/canonical.ts'
import type { ContentMount } from '../../../schemas/content.ts'
import { type Cursor, entriesOf, fail, itemsOf, within } from '../cursor.ts'
import { defined } from '../defined.ts'
import type { Files } from '../files.ts'
import { textAt, valueAt } from '../yaml/node.ts'
import { type ContentHashes, contentHashes } from './content-hashes.ts'

/**
 * What each service of a resolved model mounts of the repository or of values: its configs, secrets and relative bind
 * mounts, each with the hash of its bytes, so that a commit that changes one replaces the tasks that use it.
 */
export function readContents(model: Cursor, files: Files): Map<string, ContentMount[]> {
  const services = entriesOf(within(model, 'services')) ?? []
  const hashes = contentHashes(files)
  return new Map(services.map(([name, at]) => [name, contentsOf(at, { model, hashes })]))
}

interface Declared {
  model: Cursor
  hashes: ContentHashes
}

function contentsOf(service: Cursor, declared: Declared): ContentMount[] {
  return [
    ...references(service, 'configs', declared),
    ...references(service, 'secrets', declared),
    ...binds(service, declared),
  ]
}

const KINDS = { configs: 'config', secrets: 'secret' } as const
/** Where a relative target starts. */
const FOLDERS = { configs: '/', secrets: '/run/secrets' } as const

function references(service: Cursor, section: 'configs' | 'secrets', declared: Declared): ContentMount[] {
  if (!valueAt(service.node, section)) return []
  return (itemsOf(within(service, section)) ?? []).flatMap(({ node }) => {
    const source = textAt(node, 'source') ?? ''
    const hash = hashOf(within(declared.model, section, source), declared.hashes)
    if (hash === undefined) return []
    const target = posix.resolve(FOLDERS[section], textAt(node, 'target') ?? source)
    return [{ kind: KINDS[section], target, digest: hash, ...owner(node) }]
  })
}

function owner(node: Cursor['node']): Pick<ContentMount, 'mode' | 'uid' | 'gid'> {
  return defined({ mode: textAt(node, 'mode'), uid: textAt(node, 'uid'), gid: textAt(node, 'gid') })
}

/** What is external is known by its name alone, and so is a secret in a variable: the hash of a short one gives it away. */
function hashOf({ node, ...at }: Cursor, hashes: ContentHashes): string | undefined {
  const content = textAt(node, 'content')
  if (content !== undefined) return hashes.ofText(content)
  const file = textAt(node, 'file')
  if (file === undefined) return digest([textAt(node, 'name'), textAt(node, 'environment')])
  const found = hashes.ofFile(file)
  return 'problem' in found ? fail(within({ ...at, node }, 'file'), found.problem) : found.hash
}

function binds(service: Cursor, { hashes }: Declared): ContentMount[] {
  if (!valueAt(service.node, 'volumes')) return []
  return (itemsOf(within(service, 'volumes')) ?? []).flatMap((at) => {
    const [source, target] = [textAt(at.node, 'source'), textAt(at.node, 'target')]
    if (textAt(at.node, 'type') !== 'bind' || source === undefined || target === undefined) return []
    if (posix.isAbsolute(source) || /^(~|\.\.(\/|$))/.test(source)) return []
    return [{ kind: 'bind' as const, target, digest: hashes.ofFolder(source) }]
  })
}
