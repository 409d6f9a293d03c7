import { describe, expect, test } from 'vitest'
import type { ContentMount } from '../../../../../schemas/content.ts'
import { aService, type Content, loadFiles, problemsOf, shown } from '../../support.ts'

const READ_ONLY =
  /^notice .* comes from the repository: it is mounted read-only, as is all of it; write ":ro"$/

/** What a stack mounts, and the paths in each. */
function loaded(lines: string, files: Record<string, Content>, rest = '') {
  const [stack] = loadFiles({ 'web/compose.yaml': aService(lines, rest), ...files }).stacks
  if (!stack?.spec) throw new Error(`not accepted: ${stack?.problems.map(shown).join('\n')}`)
  const mounts = stack.spec.services[0]?.container.contents ?? []
  return mounts.map(({ digest, ...mount }): Omit<ContentMount, 'digest'> & { has: string[] } => ({
    ...mount,
    has: (stack.contents.get(digest) ?? []).map(
      ({ path, kind, content }) => `${kind} ${path}${content.length > 0 ? `: ${content}` : ''}`,
    ),
  }))
}

const without = (pattern: RegExp, lines: string[]) => lines.filter((line) => !pattern.test(line))
const told = (lines: string, files: Record<string, Content> = {}, rest = '') =>
  without(READ_ONLY, problemsOf(aService(lines, rest), files)).map((line) =>
    line.replace(/^(notice )?web\/compose\.yaml:/, '$1'),
  )

describe('files of the repository', () => {
  test('a folder with all that is in it', () => {
    const files = {
      'web/conf/a.conf': 'a',
      'web/conf/sub/b.sh': { executable: '#!' },
      'web/conf/link': { link: '../elsewhere' },
      'web/confused': 'no part of it',
    }
    expect(loaded('volumes: ["./conf/:/etc/web/"]', files)).toEqual([
      {
        kind: 'bind',
        target: '/etc/web',
        has: ['file a.conf: a', 'symlink link: ../elsewhere', 'executable sub/b.sh: #!'],
      },
    ])
  })

  test('a secret in the clear that a folder has in it is told of; one that is encrypted is not', () => {
    const rest = 'secrets: {key: {file: app/key}}'
    const lines = 'volumes: ["./app:/app"]\nsecrets: [key]'
    const age = `age-encryption.org/v1\n-> X25519 AAAA\nAAAA\n--- ${'A'.repeat(43)}\n`
    expect(told(lines, { 'web/app/key': 'hunter2' }, rest)).toEqual([
      expect.stringMatching(/^notice .*web\/app\/key is a secret in the clear, .* not sealed$/),
    ])
    expect(told(lines, { 'web/app/key': age }, rest).join()).not.toContain('in the clear')
  })

  test.each(['age-encryption.org/v1\ngarbage', '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n'])(
    'a secret that begins as a file of age and is none is refused: %j',
    (key) => {
      const problems = told('secrets: [key]', { 'web/key': key }, 'secrets: {key: {file: ./key}}')
      expect(problems).toEqual([
        '5:23 secrets.key.file: web/key begins as a file of age, but is damaged or cut off; encrypt it again, and commit it as age wrote it',
      ])
    },
  )

  test('one file, also by the long form and through links that stay inside', () => {
    const files = { 'shared/motd': 'hello', 'web/link': { link: '../shared' } }
    const expected = [{ kind: 'bind', target: '/etc/motd', has: ['file : hello'] }]
    expect(loaded('volumes: ["../shared/motd:/etc/motd:ro"]', files)).toEqual(expected)
    expect(loaded('volumes: [{type: bind, source: link/motd, target: /etc/motd}]', files)).toEqual(expected)
  })

  test('what others are mounted on is there, though Git has no empty folders', () => {
    const files = { 'web/app/main.js': '', 'web/app/lib/x': '', 'web/hosts': '' }
    const volumes = [
      './app:/app',
      'v:/app/node_modules',
      './hosts:/app/etc/hosts',
      'v:/app/lib',
      'v:/app/a/b',
      'v:/app/a/b/c',
    ]
    const lines = `volumes: [${volumes.map((one) => `"${one}"`)}]\ntmpfs: ["/app/tmp:size=1m"]\nconfigs: [{source: c, target: /app/c.ini}]`
    const app = loaded(lines, files, 'volumes: {v: }\nconfigs: {c: {content: x}}').find(
      ({ target }) => target === '/app',
    )
    expect(app?.has).toEqual([
      'folder a/b',
      'file c.ini',
      'file etc/hosts',
      'file lib/x',
      'file main.js',
      'folder node_modules',
      'folder tmp',
    ])
  })

  test.each<[string, string, Record<string, Content>, string[]]>([
    [
      'nothing there',
      'volumes: ["./data:/data"]',
      {},
      [
        '4:15 services.a.volumes[0]: the repository has no web/data; for data that the service writes declare a named volume, as in "data:/var/lib/data", or commit what is to be mounted',
      ],
    ],
    [
      'a path out of it',
      'volumes: ["../../x:/x"]',
      {},
      [expect.stringMatching(/^4:15 .*leads out of the repository/)],
    ],
    ['a home folder', 'volumes: ["~/x:/x"]', {}, [expect.stringMatching(/^4:15 .*is a home folder/)]],
    [
      'a link out of it',
      'volumes: ["./x:/x"]',
      { 'web/x': { link: '/etc' } },
      [expect.stringMatching(/^4:15 .*web\/x leads out of the checkout through a symlink to \/etc/)],
    ],
    [
      'a link to nowhere',
      'volumes: ["./x:/x"]',
      { 'web/x': { link: 'y' } },
      ['4:15 services.a.volumes[0]: web/x is a symlink to web/y, and there is no such file'],
    ],
    [
      'a file that is too large',
      'volumes: ["./x:/x"]',
      { 'web/x/film': { tooLarge: 70_000_000 } },
      ['4:15 services.a.volumes[0]: web/x/film has 70000000 bytes; at most 1048576 are delivered'],
    ],
    [
      'a mount inside a link',
      'volumes: ["./x:/x", "/y:/x/l/y"]',
      { 'web/x/l': { link: 'm' }, 'web/x/m/n': '' },
      ['4:15 services.a.volumes[0]: it cannot be delivered: "l/y" goes through what is no folder'],
    ],
    [
      'ties to the host',
      'volumes: [{type: bind, source: ./x, target: /x, bind: {propagation: shared}}]',
      { 'web/x/y': '' },
      [
        '4:15 services.a.volumes[0]: shared is for a folder of the host; what comes from the repository has no mounts below it',
      ],
    ],
    [
      'a submodule',
      'volumes: ["./lib/x:/x"]',
      { '.gitmodules': '[submodule "lib"]\n\tpath = web/lib\n\turl = https://example.org/lib\n' },
      ['4:15 services.a.volumes[0]: web/lib is a submodule, and files of submodules are not read'],
    ],
  ])('refused: %s', (_what, lines, files, problems) => expect(told(lines, files)).toEqual(problems))

  test.each<[string, string, Record<string, Content>, string[]]>([
    [
      'the whole repository',
      'volumes: ["../:/app:ro"]',
      {},
      [
        'notice 4:15 services.a.volumes[0]: mounts the whole repository: each commit that changes a file of it replaces the tasks',
      ],
    ],
    [
      'a pointer of LFS',
      'volumes: ["./x:/x:ro"]',
      { 'web/x/logo.png': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n' },
      [
        'notice 4:15 services.a.volumes[0]: web/x/logo.png is a pointer of Git LFS: the pointer is mounted, not what it stands for',
      ],
    ],
    [
      'a submodule in it',
      'volumes: ["./x:/x:ro"]',
      { 'web/x/y': '', '.gitmodules': '[submodule "l"]\n  path = "web/x/l"\n' },
      ['notice 4:15 services.a.volumes[0]: web/x/l is a submodule: its files are not mounted'],
    ],
  ])('told: %s', (_what, lines, files, problems) => expect(told(lines, files)).toEqual(problems))

  test('that they are read-only is told once', () => {
    const notices = problemsOf(aService('volumes: ["./x:/x", "./x:/y"]'), { 'web/x/y': '' })
    expect(notices).toEqual([expect.stringMatching(READ_ONLY)])
  })

  test('where nothing is wrong with the rest of the file a missing one is told beside other errors', () => {
    expect(told('volumes: ["./data:/data"]\nuser: "a b"')).toHaveLength(2)
  })
})

describe('configs', () => {
  const config = (declared: string, used = 'c') => ({
    lines: `configs: [${used}]`,
    rest: `configs: {c: ${declared}}\n`,
  })

  test('content, a file and a variable, in Docker’s place', () => {
    const of = (declared: string, files: Record<string, Content> = {}) => {
      const { lines, rest } = config(declared)
      return loaded(lines, files, `${rest}x-setpoint: {variables: {V: value}}`)
    }
    const expected = (text: string, kind = 'file') => [
      { kind: 'config', target: '/c', has: [`${kind} : ${text}`] },
    ]
    expect(of('{content: "is $V"}')).toEqual(expected('is value'))
    expect(of('{environment: V}')).toEqual(expected('value'))
    expect(of('{file: ./x.conf}', { 'web/x.conf': 'of a file' })).toEqual(expected('of a file'))
    expect(of('{file: ./x.sh}', { 'web/x.sh': { executable: '#!' } })).toEqual(expected('#!', 'executable'))
  })

  test('target, owner and mode; what Docker has anyway leaves no trace', () => {
    const of = (used: string) => {
      const { lines, rest } = config('{content: x}', used)
      return loaded(lines, {}, rest).map(({ has: _, kind: __, ...mount }) => mount)
    }
    expect(of('{source: c, target: etc/c, uid: "101", gid: "102", mode: 0440}')).toEqual([
      { target: '/etc/c', uid: 101, gid: 102, mode: 0o440 },
    ])
    expect(of('{source: c, target: /c, uid: "0", gid: "0", mode: 0444}')).toEqual([{ target: '/c' }])
  })

  test.each<[string, string, string, string, string[]]>([
    ['a file that is not there', '{file: ./x}', 'c', '', ['5:21 configs.c.file: there is no file web/x']],
    ['a folder', '{file: .}', 'c', '', ['5:21 configs.c.file: web is a folder']],
    [
      'a variable that is not set',
      '{environment: V}',
      'c',
      '',
      [
        expect.stringMatching(
          /^5:28 configs\.c\.environment: variable V is not set, so the config has no content/,
        ),
      ],
    ],
    [
      'a name for a user',
      '{content: x}',
      '{source: c, uid: nginx}',
      '',
      [
        '4:32 services.a.configs[0].uid: must be a number, as in "1000", not "nginx"; names are those of the image, which is not looked into',
      ],
    ],
    [
      'a place of the system',
      '{content: x}',
      '{source: c, target: /proc/x}',
      '',
      [expect.stringContaining('a mount on /proc/x')],
    ],
    [
      'a place that is taken',
      '{content: x}',
      '{source: c, target: /x}',
      'tmpfs: /t\nvolumes: ["/y:/x"]',
      ['4:15 services.a.configs[0]: /x is already mounted by services.a.volumes[0]'],
    ],
  ])('refused: %s', (_what, declared, used, more, problems) => {
    const { lines, rest } = config(declared, used)
    expect(told(more === '' ? lines : `${lines}\n${more}`, {}, rest).sort()).toEqual(problems.sort())
  })

  test('an external one is what the controller was given; offline any is taken to be there', () => {
    const { lines, rest } = config('{external: true, name: fleet.conf}')
    const load = (externals?: ReadonlyMap<string, Buffer>) => {
      const files = { 'web/compose.yaml': aService(lines, rest) }
      const [stack] = loadFiles(files, externals ? { externals } : {}).stacks
      return { spec: stack?.spec ?? null, problems: stack?.problems.map(shown), packs: stack?.contents.size }
    }
    expect(load()).toMatchObject({ spec: {}, problems: [], packs: 0 })
    expect(load(new Map([['fleet.conf', Buffer.from('one')]]))).toMatchObject({
      spec: {},
      problems: [],
      packs: 1,
    })
    expect(load(new Map())).toMatchObject({
      spec: null,
      problems: [
        'web/compose.yaml:5:14 configs.c: there is no external config "fleet.conf"; put it on the controller as configs/fleet.conf in its state folder',
      ],
    })
  })
})
