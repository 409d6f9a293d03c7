import { describe, expect, test } from 'vitest'
import { formatProblem } from '../../../../schemas/problem.ts'
import { type Content, loadFiles, specOf } from '../support.ts'

const USER = 'services: {a: {image: app}}'
const imageOf = (yaml: string, more: Record<string, Content> = {}) =>
  specOf(USER, { 'images/app.image.yaml': yaml, ...more }).services[0]?.container.image
const inputs = (yaml: string, more: Record<string, Content> = {}) => imageOf(yaml, more)?.spec
const base64 = (text: string) => Buffer.from(text).toString('base64')
const file = (path: string, content: string, more = {}) => ({
  path,
  content: base64(content),
  mode: 0o644,
  uid: 0,
  gid: 0,
  ...more,
})

const EMPTY = { name: 'app', base: 'scratch', packages: [], files: [], run: [], config: {} }

describe('an image spec', () => {
  test.each<[string, object]>([
    ['base: scratch', {}],
    ['base: debian:12', { base: 'docker.io/library/debian:12' }],
    [
      'base: scratch\npackages: [curl, busybox-static=1.2-3, curl]',
      { packages: ['busybox-static=1.2-3', 'curl'] },
    ],
    [
      'base: scratch\nrun: ["make $HOME", [a, b]]',
      {
        run: [
          ['/bin/sh', '-c', 'make $HOME'],
          ['a', 'b'],
        ],
      },
    ],
    [
      'base: scratch\nfiles: {/etc/b: text, /a: {content: x, mode: 0755, owner: "1:2"}}',
      {
        files: [file('/a', 'x', { mode: 0o755, uid: 1, gid: 2 }), file('/etc/b', 'text')],
      },
    ],
    [
      'base: scratch\nfiles: [{path: /a, content: x, mode: "0600", owner: 7}]',
      { files: [file('/a', 'x', { mode: 0o600, uid: 7, gid: 7 })] },
    ],
    [
      'base: scratch\nfiles: [{path: /a, content: x, mode: 0o4711}, {path: /b, content: "", mode: 755}]',
      {
        files: [file('/a', 'x', { mode: 0o4711 }), file('/b', '', { mode: 0o755 })],
      },
    ],
    [
      'base: scratch\nconfig: {entrypoint: /x -y, command: [], env: [A=1], working_dir: /w/, user: 5, ports: [80, 53/udp], labels: {l: 1}, stop_signal: INT, healthcheck: {test: t}}',
      {
        config: {
          entrypoint: ['/x', '-y'],
          command: [],
          environment: { A: '1' },
          workingDir: '/w',
          user: '5',
          ports: ['80/tcp', '53/udp'],
          labels: { l: '1' },
          stopSignal: 'SIGINT',
          healthcheck: {
            test: ['/bin/sh', '-c', 't'],
            interval: 30_000,
            timeout: 30_000,
            retries: 3,
            startPeriod: 0,
            startInterval: 5_000,
          },
        },
      },
    ],
  ])('%s', (yaml, wanted) => expect(inputs(yaml)).toEqual({ ...EMPTY, ...wanted }))

  test('a file of the repository stands relative to the spec, with its executable bit', () => {
    const yaml = 'base: scratch\nfiles: {/a: {source: ./conf/a}, /b: {source: ../b.sh}, /c: {source: link}}'
    const more = { 'images/conf/a': 'A', 'b.sh': { executable: 'B' }, 'images/link': { link: 'conf/a' } }
    expect(inputs(yaml, more)?.files).toEqual([
      file('/a', 'A'),
      file('/b', 'B', { mode: 0o755 }),
      file('/c', 'A'),
    ])
  })

  test('the reference is the hash of the inputs, and of nothing else', () => {
    const reference = (yaml: string, more = {}) => imageOf(yaml, more)?.reference
    const plain = reference('base: scratch\npackages: [a, b]')
    expect(plain).toMatch(/^localhost\/setpoint\/app:[0-9a-f]{16}$/)
    expect(reference('# comment\npackages: [b, a]\nbase: scratch')).toBe(plain)
    expect(reference('base: scratch\npackages: [a, c]')).not.toBe(plain)
    const sourced = 'base: scratch\nfiles: {/a: {source: a}}'
    expect(reference(sourced, { 'images/a': '1' })).not.toBe(reference(sourced, { 'images/a': '2' }))
    expect(reference(sourced, { 'images/a': '1' })).toBe(
      reference('base: scratch\nfiles: [{path: /a, content: "1"}]'),
    )
  })

  test.each<[string, string[]]>([
    [
      'base: scratch\n---\nrun: [a]',
      ['images/app.image.yaml:3:1 an image spec is one document; give this one a file of its own'],
    ],
    ['', ['images/app.image.yaml: the file is empty']],
    [
      'packages: [a]',
      ['images/app.image.yaml:1:1 has no base; write a reference, or scratch for an empty one'],
    ],
    ['base: scratch\nfile: {}', ['images/app.image.yaml:2:1 file: unknown key; did you mean files?']],
    [
      'base: scratch\nfiles: {/a: {source: gone}}',
      ['images/app.image.yaml:2:22 files./a.source: there is no file images/gone'],
    ],
    [
      'base: scratch\nfiles: {/a: {source: ../../etc/passwd}}',
      [
        'images/app.image.yaml:2:22 files./a.source: ../etc/passwd leads out of the checkout; only files of the repository are read',
      ],
    ],
    [
      'base: scratch\nfiles: {/a: {source: /etc/passwd}}',
      [
        'images/app.image.yaml:2:22 files./a.source: /etc/passwd is absolute; name a file of the repository, relative to this one',
      ],
    ],
    [
      'base: scratch\nfiles: {/a: {source: out}}',
      [
        'images/app.image.yaml:2:22 files./a.source: images/out leads out of the checkout through a symlink to /etc/shadow; only files of the repository are read',
      ],
    ],
    [
      'base: scratch\nfiles: {/a: {source: big}}',
      ['images/app.image.yaml:2:22 files./a.source: images/big has 9000000 bytes; at most 1048576 are read'],
    ],
    [
      'base: scratch\nfiles: {a: x}',
      ['images/app.image.yaml:2:12 files.a: "a" must be an absolute path in the container'],
    ],
    [
      'base: scratch\nfiles: {/a/../b: x}',
      ['images/app.image.yaml:2:18 files./a/../b: "/a/../b" must not contain ..'],
    ],
    [
      'base: scratch\nfiles: {/a: {}}',
      ['images/app.image.yaml:2:13 files./a: needs a content, or a source in the repository'],
    ],
    [
      'base: scratch\nfiles: [{content: x}]',
      ['images/app.image.yaml:2:9 files[0]: needs a path, where the file stands in the image'],
    ],
    [
      'base: scratch\nfiles: {/a: {content: x, mode: rwx}}',
      ['images/app.image.yaml:2:32 files./a.mode: must be an octal file mode, as in "0755", not "rwx"'],
    ],
    [
      'base: scratch\nfiles: {/a: {content: x, owner: root}}',
      [
        'images/app.image.yaml:2:33 files./a.owner: must be an owner by number, as in "1000:1000", not "root"',
      ],
    ],
    [
      'base: scratch\npackages: ["--root=/"]',
      [
        'images/app.image.yaml:2:12 packages[0]: must be a Debian package, as in curl or curl=7.88.1-10, not "--root=/"',
      ],
    ],
    ['base: scratch\nrun: [[]]', ['images/app.image.yaml:2:7 run[0]: is an empty command']],
    ['base: "a b"', ['images/app.image.yaml:1:7 base: must be scratch or an image reference, not "a b"']],
    [
      `base: scratch\nfiles: {/a: "${'x'.repeat(600_000)}", /b: {source: half}}`,
      [
        'images/app.image.yaml:2:8 files: the files have more than 1048576 bytes; put large content into the base image',
      ],
    ],
  ])('%.60s', (yaml, wanted) => {
    const { stacks, problems } = loadFiles({
      'images/app.image.yaml': yaml,
      'images/out': { link: '/etc/shadow' },
      'images/big': { tooLarge: 9_000_000 },
      'images/half': 'x'.repeat(600_000),
      'web/compose.yaml': USER,
      'other/compose.yaml': 'services: {a: {image: nginx}}',
    })
    expect(problems.map(formatProblem)).toEqual(wanted)
    expect(stacks.find(({ name }) => name === 'web')).toMatchObject({ spec: null, problems })
    expect(stacks.find(({ name }) => name === 'other')?.spec).not.toBeNull()
  })

  test('two of one name are both refused, each naming the other', () => {
    const { stacks, problems } = loadFiles({
      'a/app.image.yaml': 'base: scratch',
      'b/app.image.yml': 'base: scratch',
      'web/compose.yaml': USER,
    })
    expect(problems.map(formatProblem)).toEqual([
      'a/app.image.yaml: the image app is also declared by b/app.image.yml; rename one',
      'b/app.image.yml: the image app is also declared by a/app.image.yaml; rename one',
    ])
    expect(stacks[0]?.spec).toBeNull()
  })

  test('a name that can be no image is told of', () => {
    expect(loadFiles({ 'My App.image.yaml': 'base: scratch' }).problems.map(formatProblem)).toEqual([
      'My App.image.yaml: My App is no image name: lower case letters and digits, with single . _ - between',
    ])
  })
})
