import { describe, expect, test } from 'vitest'
import { build } from '../../../../../controller/desired/compose/model/build.ts'
import { canonical, messages } from '../canonical-support.ts'

test.each([
  ['.', { context: '/project' }],
  ['./web', { context: '/project/web' }],
  ['https://example.com/web.git#main', { context: 'https://example.com/web.git#main' }],
  ['{context: git@example.com:web.git}', { context: 'git@example.com:web.git' }],
  ['{context: github.com/a/b}', { context: 'github.com/a/b' }],
  ['{dockerfile: ../Dockerfile}', { dockerfile: '../Dockerfile' }],
  ['{args: [A, B=1]}', { args: { A: null, B: '1' } }],
  ['{labels: [a]}', { labels: { a: '' } }],
  [
    '{additional_contexts: {a: ../a, b: docker-image://alpine, c: service:base}}',
    { additional_contexts: { a: '/a', b: 'docker-image://alpine', c: 'service:base' } },
  ],
  ['{additional_contexts: [a=../a]}', { additional_contexts: { a: '/a' } }],
  ['{ssh: [default, work=~/key]}', { ssh: ['default', 'work=/home/me/key'] }],
  ['{ssh: {default: , work: keys/a}}', { ssh: ['default', 'work=/project/keys/a'] }],
  ['{provenance: true, sbom: generator=x}', { provenance: 'true', sbom: 'generator=x' }],
  ['{shm_size: 64m, no_cache: "true"}', { shm_size: '67108864', no_cache: true }],
  ['{no_cache_filter: test}', { no_cache_filter: ['test'] }],
  ['{extra_hosts: ["db:10.0.0.5"]}', { extra_hosts: ['db=10.0.0.5'] }],
  ['{secrets: [key], tags: [a, b, a]}', { secrets: [{ source: 'key' }], tags: ['a', 'b'] }],
  ['{ulimits: {nofile: 1}}', { ulimits: { nofile: 1 } }],
])('%s', (written, expected) => {
  expect(canonical(build, written)).toEqual({ value: expected, errors: [], notices: [] })
  expect(canonical(build, JSON.stringify(expected)).value).toEqual(expected)
})

describe('refused', () => {
  test.each([
    ['[.]', 'must be a folder or a mapping, as in . or context: ., not a list'],
    ['{ctx: .}', 'unknown key'],
    ['{additional_contexts: [a]}', '"a" has no folder; write base=../base'],
    ['{ssh: [work]}', '"work" has no path; write work=~/.ssh/id_ed25519'],
    ['{ssh: {work: }}', '"work" has no path; write work=~/.ssh/id_ed25519'],
    ['{ssh: {a=b: c}}', '"a=b" is no id of a key; write work=~/.ssh/id_ed25519'],
    ['{dockerfile: 5}', 'must be a string, not the number 5; put it in quotes: "5"'],
  ])('%s', (written, message) => {
    expect(messages(build, written)).toEqual([expect.stringContaining(message)])
  })
})
