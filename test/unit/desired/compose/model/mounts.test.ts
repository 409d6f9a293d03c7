import { describe, expect, test } from 'vitest'
import { mounts } from '../../../../../controller/desired/compose/model/mounts.ts'
import { canonical, messages } from '../canonical-support.ts'

const NAMED = { type: 'volume', source: 'data', target: '/srv', volume: {} }
const BOUND = { type: 'bind', source: '/etc/app', target: '/srv', bind: { create_host_path: true } }

describe('short volumes', () => {
  test.each([
    ['/srv', { type: 'volume', target: '/srv', volume: {} }],
    ['cache', { type: 'volume', target: 'cache', volume: {} }],
    ['data:/srv', NAMED],
    ['n:/srv', { ...NAMED, source: 'n' }],
    ['data:/srv//x/../', NAMED],
    ['data:/srv:ro', { ...NAMED, read_only: true }],
    ['data:/srv:ro,rw', NAMED],
    ['data:/srv:nocopy', { ...NAMED, volume: { nocopy: true } }],
    ['data:/srv:Z', { ...NAMED, bind: { selinux: 'Z' } }],
    ['/etc/app:/srv', BOUND],
    ['./app:/srv', { ...BOUND, source: '/project/app' }],
    ['./app/:/srv', { ...BOUND, source: '/project/app' }],
    ['.:/srv', { ...BOUND, source: '/project' }],
    ['../app:/srv', { ...BOUND, source: '/app' }],
    ['.config:/srv', { ...BOUND, source: '/project/.config' }],
    ['~/app:/srv', { ...BOUND, source: '/home/me/app' }],
    ['~:/srv', { ...BOUND, source: '/home/me' }],
    ['/etc/app:/srv:ro,z', { ...BOUND, read_only: true, bind: { selinux: 'z', create_host_path: true } }],
    ['/etc/app:/srv:rslave', { ...BOUND, bind: { propagation: 'rslave', create_host_path: true } }],
  ])('%s', (written, expected) => {
    expect(canonical(mounts, `- ${written}`)).toEqual({ value: [expected], errors: [], notices: [] })
  })

  test('a home that is not known stays as it is written', () => {
    const { value } = canonical(mounts, '- ~/app:/srv', { directory: '/project' })
    expect(value).toEqual([{ ...BOUND, source: '~/app' }])
  })

  test.each([
    [':/srv', 'an empty part between its colons, as where a variable is not set; write "data:/var/lib/data"'],
    ['data:/srv:', 'an empty part between its colons; write "data:/var/lib/data"'],
    ['/a:/b:ro:x', 'too many colons; write source, target and options'],
  ])('%s is refused', (written, message) => {
    expect(messages(mounts, `- "${written}"`)).toEqual([`"${written}" has ${message}`])
  })

  test.each(['C:\\app:/srv', 'c:/app:/srv', 'c:/app:/srv:ro', '\\\\.\\pipe\\engine:/srv'])(
    'the Windows path %s is refused',
    (written) => {
      expect(messages(mounts, `- '${written}'`)).toEqual([
        `${JSON.stringify(written)} is a path of Windows; write a path of the host, as in "/srv/data:/data"`,
      ])
    },
  )

  test.each([
    ['cached', 'the option cached is for Docker Desktop and has no effect'],
    ['readonly', 'the option "readonly" is unknown and has no effect; take ro or rw'],
  ])('the option %s is told of', (option, message) => {
    expect(canonical(mounts, `- data:/srv:${option}`)).toEqual({
      value: [NAMED],
      errors: [],
      notices: [`f:1:3 [0]: ${message}`],
    })
  })
})

describe('long volumes', () => {
  test.each([
    [{ type: 'volume', target: '/srv' }],
    [{ type: 'volume', source: 'data', target: '/srv', volume: { nocopy: true, subpath: 'a' } }],
    [{ type: 'bind', source: '/etc/app', target: '/srv/', read_only: true }],
    [{ type: 'bind', source: 'C:\\app', target: '/srv' }],
    [{ type: 'tmpfs', target: '/run', tmpfs: { size: '1048576', mode: 493 } }],
    [{ type: 'image', source: 'docs', target: '/docs', image: { subpath: 'html' } }],
    [{ type: 'npipe', source: '\\\\.\\pipe\\engine', target: '\\\\.\\pipe\\engine' }],
    [{ type: 'cluster', source: 'group', target: '/srv', consistency: 'cached' }],
  ])('%j stays', (written) => {
    expect(canonical(mounts, JSON.stringify([written]))).toEqual({
      value: [written],
      errors: [],
      notices: [],
    })
  })

  test.each([
    ['{type: bind, source: app, target: /srv}', { type: 'bind', source: '/project/app', target: '/srv' }],
    ['{type: bind, source: ~/a, target: /srv}', { type: 'bind', source: '/home/me/a', target: '/srv' }],
    [
      '{type: tmpfs, target: /run, tmpfs: {size: 1m}}',
      { type: 'tmpfs', target: '/run', tmpfs: { size: '1048576' } },
    ],
    [
      '{type: tmpfs, target: /run, tmpfs: {mode: "0755"}}',
      { type: 'tmpfs', target: '/run', tmpfs: { mode: 493 } },
    ],
    [
      '{type: volume, target: /srv, volume: {labels: [a=b], nocopy: "true"}}',
      { type: 'volume', target: '/srv', volume: { labels: { a: 'b' }, nocopy: true } },
    ],
  ])('%s', (written, expected) => {
    expect(canonical(mounts, `[${written}]`)).toEqual({ value: [expected], errors: [], notices: [] })
  })

  test.each([
    ['{type: bind, target: /srv}', 'a bind mount needs a source, the path on the host'],
    ['{type: bind, source: , target: /srv}', 'a bind mount needs a source, the path on the host'],
    ['{type: bind, source: "", target: /srv}', 'a bind mount needs a source, the path on the host'],
    ['{type: nfs, target: /srv}', 'must be volume, bind, tmpfs, image, cluster or npipe, not "nfs"'],
    [
      '{type: tmpfs, target: /run, tmpfs: {size: -1}}',
      'must be a size, as in 512m or 1gb, not the number -1',
    ],
    ['{type: bind, source: [a], target: /srv}', 'must be a string, not a list'],
    ['{type: volume, target: /srv, readonly: true}', 'unknown key; did you mean read_only?'],
  ])('%s is refused', (written, message) => {
    expect(messages(mounts, `[${written}]`).at(-1)).toContain(message)
  })
})

test('of two with one target the later counts, in the place of the first', () => {
  const { value } = canonical(mounts, '[a:/x, b:/y, {type: tmpfs, target: /x/}]')
  expect(value).toEqual([
    { type: 'tmpfs', target: '/x/' },
    { type: 'volume', source: 'b', target: '/y', volume: {} },
  ])
})

test('what is canonical comes out as it went in', () => {
  const { value } = canonical(mounts, '[a:/x:ro, ./b:/y:z, /z]')
  expect(canonical(mounts, JSON.stringify(value)).value).toEqual(value)
})
