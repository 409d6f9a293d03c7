import { createHash } from 'node:crypto'
import { basename, dirname } from 'node:path'
import type { SourceOptions } from '../options.ts'
import { locate } from './location/source-location.ts'

const MAX_LENGTH = 60

/**
 * A short name for each source, such as `infra-main-web` for `https://example.org/infra.git#main:web`. Records are
 * kept under it, so it depends on the source alone and neither on its place in the list nor on other sources;
 * only those that would be called the same all get a hash of their URL behind it.
 */
export function nameSources(
  sources: readonly Pick<SourceOptions, 'url' | 'branch' | 'directory'>[],
): string[] {
  const plain = sources.map(plainName)
  return plain.map((name, index) => {
    const source = sources[index]
    const alone = plain.filter((other) => other === name).length === 1
    return alone || !source ? name : `${name}-${hash(source)}`
  })
}

/** What a stack in the root folder is called when its file gives no name: the folder or repository that it came from. */
export function rootStackName(source?: Pick<SourceOptions, 'url' | 'directory'>): string {
  const { url, directory } = source ?? { url: '', directory: '' }
  const path = directory === '' ? url.replace(/\/+$/, '').replace(/\/?\.git$/, '') : directory
  return path.split(/[/:]/).at(-1) ?? ''
}

function plainName({ url, branch, directory }: Pick<SourceOptions, 'url' | 'branch' | 'directory'>): string {
  const { display } = locate(url)
  const place = display
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '')
    .replace(/\/?\.git$/, '')
  const repository = basename(place.replaceAll(':', '/')) || basename(dirname(place)) || 'source'
  const name = [repository, branch ?? '', directory].filter((part) => part !== '').join('-')
  return (
    name
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[-.]+/, '')
      .slice(0, MAX_LENGTH) || 'source'
  )
}

function hash({ url, branch, directory }: Pick<SourceOptions, 'url' | 'branch' | 'directory'>): string {
  const identity = JSON.stringify([locate(url).argument, branch ?? '', directory])
  return createHash('sha256').update(identity).digest('hex').slice(0, 8)
}
