import { type Cursor, fail } from '../../cursor.ts'
import { mapNode, type Node, quote, textNode } from '../../yaml/node.ts'
import { honoured } from '../marks.ts'
import type { Key, Scope, Shape } from '../shape.ts'
import { boolean, listOf, string } from './common.ts'
import { extraHosts } from './extra-hosts.ts'
import { secretMounts } from './file-mounts.ts'
import { listToMap, pairNode } from './list-to-map.ts'
import { environment, labels } from './pairs.ts'
import { resolvePath } from './path.ts'
import { size } from './size.ts'
import { ssh } from './ssh.ts'
import { stringOrList, uniqueStrings } from './string-or-list.ts'
import { ulimits } from './ulimits.ts'

const context: Shape = {
  expected: 'a folder or a URL',
  scalar: { types: ['string'] },
  canonical: contextNode,
}

/** What is no folder stays as it is: `https://…`, `docker-image://…`, `service:base`. */
function contextNode({ node }: Cursor, scope: Scope): Node {
  if (node.kind !== 'scalar' || /:\/\/|^(service:|github\.com\/|git@)/.test(node.text)) return node
  return textNode(node, resolvePath(node.text, scope))
}

const additionalContexts: Shape = {
  expected: 'a mapping or a list of folders or URLs, as in "base=../base"',
  list: {
    items: {
      expected: 'a string, as in "base=../base"',
      scalar: { types: ['string'] },
      canonical: (at, scope) => fromPair(at, scope),
    },
  },
  map: { values: context },
  canonical: ({ node }) => listToMap(node),
}

function fromPair(at: Cursor, scope: Scope): Node | undefined {
  const text = at.node.kind === 'scalar' ? at.node.text : ''
  const [, name, folder] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined || folder === undefined)
    return fail(at, `${quote(text)} has no folder; write base=../base`)
  return pairNode(at.node, name, contextNode({ ...at, node: textNode(at.node, folder) }, scope))
}

const attestation: Shape = {
  expected: 'true, false or settings, as in mode=max',
  scalar: { types: ['boolean', 'string'] },
  canonical: ({ node }) => (node.kind === 'scalar' ? textNode(node, String(node.value)) : node),
}

const strings = listOf(string, 'a list of strings')

const KEYS: Record<string, Key> = {
  context: honoured(context, 'The folder that the build sees, or a URL. By default that of the file.'),
  dockerfile: honoured(string, 'The Dockerfile in that folder. By default `Dockerfile`.'),
  dockerfile_inline: honoured(string, 'The Dockerfile itself.'),
  additional_contexts: honoured(additionalContexts, 'Further folders, images or URLs by name.'),
  args: honoured(environment, 'Values of the `ARG` lines of the Dockerfile.'),
  cache_from: honoured(strings, 'Where the cache is read from.'),
  cache_to: honoured(strings, 'Where the cache is written to.'),
  entitlements: honoured(strings, 'Privileges that the build needs.'),
  extra_hosts: honoured(extraHosts, 'Further names and their addresses during the build.'),
  isolation: honoured(string, 'How builds are kept apart.'),
  labels: honoured(labels, 'Labels of the image.'),
  network: honoured(string, 'The network of the build.'),
  no_cache: honoured(boolean, 'The cache is not used.'),
  no_cache_filter: honoured(stringOrList, 'Stages for which the cache is not used.'),
  platforms: honoured(strings, 'Platforms of the image, as in `linux/arm64`.'),
  privileged: honoured(boolean, 'The build may do what the host may.'),
  provenance: honoured(attestation, 'How the image was made is told along with it.'),
  pull: honoured(boolean, 'The base image is pulled always.'),
  sbom: honoured(attestation, 'What is in the image is told along with it.'),
  secrets: honoured(secretMounts, 'Secrets that the build sees.'),
  shm_size: honoured(size, 'The size of /dev/shm during the build.'),
  ssh: honoured(ssh, 'SSH keys that the build may use.'),
  tags: honoured(uniqueStrings, 'Further names of the image.'),
  target: honoured(string, 'The stage of the Dockerfile that is built.'),
  ulimits: honoured(ulimits, 'Limits of the kernel on each process of the build.'),
}

/** Compose Build Specification §build: a mapping; a string is its context. */
export const build: Shape = {
  expected: 'a folder or a mapping, as in . or context: .',
  scalar: { types: ['string'] },
  map: { keys: KEYS },
  canonical: (at, scope) =>
    at.node.kind === 'scalar' ? mapNode(at.node, { context: contextNode(at, scope) }) : at.node,
}
