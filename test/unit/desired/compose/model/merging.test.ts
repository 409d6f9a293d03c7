import { expect, test } from 'vitest'
import { canonicalise } from '../../../../../controller/desired/compose/canonical/canonicalise.ts'
import { merge } from '../../../../../controller/desired/compose/composition/merge.ts'
import { service } from '../../../../../controller/desired/compose/model/service.ts'
import { cursorAt } from '../../../../../controller/desired/cursor.ts'
import type { MapNode } from '../../../../../controller/desired/yaml/node.ts'
import { parse } from '../../../../../controller/desired/yaml/parse.ts'
import type { Problem } from '../../../../../schemas/problem.ts'
import { plain } from '../canonical-support.ts'

function canonicalMap(yaml: string): MapNode {
  const [root] = parse('f', yaml).documents
  const node = root && canonicalise(cursorAt(root, []), service, { directory: '/project' })
  if (node?.kind !== 'map') throw new Error('no mapping')
  return node
}

const HEALTHY = { condition: 'service_healthy', required: false }
const HTTP = { mode: 'ingress', target: 80, published: '80', protocol: 'tcp' }

test.each([
  ['environment: [A=1, B=2]', 'environment: {B: , C: 3}', { environment: { A: '1', B: null, C: '3' } }],
  ['labels: {a: 1}', 'labels: [a]', { labels: { a: '' } }],
  ['command: echo a', 'command: [echo, b]', { command: ['echo', 'b'] }],
  ['command: echo a', 'command: ', { command: null }],
  [
    'healthcheck: {test: a, retries: 2}',
    'healthcheck: {test: [NONE]}',
    { healthcheck: { test: ['NONE'], retries: 2 } },
  ],
  ['ports: ["80:80"]', 'ports: ["80:80", "81:80"]', { ports: [HTTP, { ...HTTP, published: '81' }] }],
  [
    'volumes: [a:/x, b:/y]',
    'volumes: ["c:/x"]',
    {
      volumes: [
        { type: 'volume', source: 'c', target: '/x', volume: {} },
        { type: 'volume', source: 'b', target: '/y', volume: {} },
      ],
    },
  ],
  ['networks: [a]', 'networks: {a: {aliases: [x]}, b: }', { networks: { a: { aliases: ['x'] }, b: null } }],
  ['networks: {a: {aliases: [x]}}', 'networks: [a]', { networks: { a: { aliases: ['x'] } } }],
  [
    'depends_on: {db: {condition: service_healthy}}',
    'depends_on: {db: {required: false}}',
    { depends_on: { db: HEALTHY } },
  ],
  [
    'extra_hosts: ["z:1.1.1.1"]',
    'extra_hosts: {z: [1.1.1.1, 0.0.0.0]}',
    { extra_hosts: ['z=0.0.0.0', 'z=1.1.1.1'] },
  ],
  [
    'ulimits: {nofile: {soft: 1, hard: 2}}',
    'ulimits: {nofile: 3, nproc: 4}',
    { ulimits: { nofile: 3, nproc: 4 } },
  ],
  ['tmpfs: /run', 'tmpfs: ["/run:size=1m", /tmp]', { tmpfs: ['/run:size=1m', '/tmp'] }],
  [
    'env_file: a',
    'env_file: [b, {path: a, required: false}]',
    {
      env_file: [
        { path: '/project/a', required: false },
        { path: '/project/b', required: true },
      ],
    },
  ],
  [
    'secrets: [a]',
    'secrets: [{source: b, target: /run/secrets/a}]',
    { secrets: [{ source: 'b', target: '/run/secrets/a' }] },
  ],
  ['build: .', 'build: {target: dev}', { build: { context: '/project', target: 'dev' } }],
  [
    'devices: [/dev/a]',
    'devices: ["/dev/b:/dev/a:r"]',
    { devices: [{ source: '/dev/b', target: '/dev/a', permissions: 'r' }] },
  ],
])('%s with %s over it', (base, over, expected) => {
  const problems: Problem[] = []
  const merged = merge(canonicalMap(base), canonicalMap(over), { shape: service, path: '', problems })
  expect(plain(merged)).toEqual(expected)
  expect(problems).toEqual([])
})
