import { describe } from 'vitest'
import { a, accepted, aFile, behaviour, deployed, refused } from './support.ts'

const OBSOLETE =
  'notice compose.yaml:1:1 version: accepted without effect: obsolete, the Compose Specification has no versions'

describe('YAML and document', () => {
  behaviour(
    1,
    'a file that is a list is refused',
    '- web\n',
    refused('compose.yaml:1:1 must be a mapping with services, not a list'),
  )
  behaviour(
    1,
    'a file that is one text is refused',
    'web\n',
    refused('compose.yaml:1:1 must be a mapping with services, not "web"'),
  )
  behaviour(
    1,
    'a file that is a list is refused over another, too',
    [aFile('user: me'), '- web\n'],
    refused('second.yaml:1:1 must be a mapping with services, not a list'),
  )

  behaviour(
    2,
    'a number is no name of a service',
    'services:\n  80: {image: busybox}\n',
    refused('compose.yaml:2:3 services: the key 80 is not text; quote it: "80"'),
  )
  behaviour(
    2,
    'a number is no name of a variable',
    aFile('environment:\n  80: web'),
    refused('compose.yaml:5:7 services.a.environment: the key 80 is not text; quote it: "80"'),
  )
  behaviour(2, 'a number in quotes is a name', 'services: {"80": {image: busybox}}\n', {
    services: { 80: { image: 'busybox' } },
  })
  behaviour(
    2,
    '~ is no key',
    aFile('labels: {~: x}'),
    refused('compose.yaml:4:14 services.a.labels: the key ~ is not text; quote it: "~"'),
  )
  behaviour(
    2,
    'a list is no key',
    aFile('labels: {[x]: y}'),
    refused('compose.yaml:4:14 services.a.labels: a key must be text'),
  )

  behaviour(
    3,
    'a tab does not indent',
    aFile('').replace(/ {4}image/, '\timage'),
    refused('compose.yaml:3:1 broken YAML: a tab indents this line; YAML takes only spaces'),
  )

  behaviour(
    4,
    'a key that stands twice is refused, with both lines',
    aFile('user: me\nuser: you'),
    refused('compose.yaml:5:5 services.a.user: the key stands twice, first on line 4'),
  )
  behaviour(
    4,
    'a key that stands twice is refused at any depth',
    aFile('healthcheck:\n  retries: 1\n  test: x\n  retries: 2'),
    refused('compose.yaml:7:7 services.a.healthcheck.retries: the key stands twice, first on line 5'),
  )

  behaviour(5, 'an empty file is refused', '', refused('compose.yaml: the file is empty'))
  behaviour(
    5,
    'a file of comments only is refused',
    '# nothing yet\n',
    refused('compose.yaml: the file is empty'),
  )
  behaviour(
    5,
    'an empty file over another says nothing',
    [aFile('user: me'), '', '# nothing yet\n'],
    a({ user: 'me' }),
  )

  behaviour(
    6,
    'each document of a file is merged over those before',
    `${aFile('user: me\nhostname: one')}---\n${aFile('user: you')}`,
    a({ user: 'you', hostname: 'one' }),
  )
  behaviour(
    6,
    'an empty document says nothing',
    `---\n---\n${aFile('user: me')}\n---\n# end\n`,
    a({ user: 'me' }),
  )

  behaviour(
    7,
    'aliases stand for what their anchors mark',
    `x-labels: &labels {team: shop}\n${aFile('labels: *labels')}`,
    a({ labels: { team: 'shop' } }),
  )
  behaviour(
    7,
    '<< takes over keys, those beside it win',
    `x-base: &base {user: me, hostname: one}\n${aFile('<<: *base\nuser: you')}`,
    a({ user: 'you', hostname: 'one' }),
  )
  behaviour(
    7,
    'of a list under << the first with a key wins',
    `x-1: &one {user: one}\nx-2: &two {user: two, hostname: two}\n${aFile('<<: [*one, *two]')}`,
    a({ user: 'one', hostname: 'two' }),
  )
  behaviour(
    7,
    '<< works inside what << takes over',
    `x-1: &one {user: me}\nx-2: &two {<<: *one, hostname: two}\n${aFile('<<: *two')}`,
    a({ user: 'me', hostname: 'two' }),
  )
  behaviour(
    7,
    'an anchor is known in its own document only',
    `x-base: &base {user: me}\n---\n${aFile('<<: *base')}`,
    refused('compose.yaml:6:9 services.a: there is no anchor &base above'),
  )

  behaviour(
    8,
    'an anchor that holds its own alias is refused',
    'x-a: &a\n  again: *a\nservices: {a: {image: busybox}}\n',
    refused('compose.yaml:2:10 x-a.again: the anchor &a contains itself'),
  )
  behaviour(
    8,
    'it is refused also with a list between the two',
    'x-a: &a [1, {b: *a}]\nservices: {a: {image: busybox}}\n',
    refused('compose.yaml:1:17 x-a[1].b: the anchor &a contains itself'),
  )

  behaviour(
    9,
    'aliases that multiply without end are refused',
    bomb(),
    refused('compose.yaml:4:10 excessive aliasing: more than…'),
  )
  behaviour(
    9,
    'such aliases are refused in services, too',
    bomb('a: {image: busybox, labels: *l9}'),
    refused('compose.yaml:4:10 excessive aliasing: more than…'),
  )
  behaviour(9, '400 services of 122 variables are not too much', large(), {
    services: { s399: { image: 'busybox', environment: largeEnvironment() } },
  })

  behaviour(
    10,
    'an unknown key at the root is refused by its place',
    `${aFile('user: me')}volums: {}\n`,
    refused('compose.yaml:5:1 volums: unknown key; did you mean volumes?'),
  )
  behaviour(
    10,
    'an unknown key of a service is refused, with the one that was meant',
    aFile('imagee: busybox'),
    refused('compose.yaml:4:5 services.a.imagee: unknown key; did you mean image?'),
  )
  behaviour(
    10,
    'an unknown key is refused at any depth',
    aFile('healthcheck: {test: x, every: 1s}'),
    refused('compose.yaml:4:28 services.a.healthcheck.every: unknown key'),
  )

  behaviour(
    11,
    'x- keys may stand anywhere, in JSON only those of the root are printed',
    `x-team: [shop]\n${aFile('x-note: y\nhealthcheck: {test: x, x-note: y}', 'volumes: {data: {x-note: y}}\nnetworks: {default: {x-note: y}}\n')}`,
    {
      'x-team': ['shop'],
      services: { a: { 'x-note': undefined, healthcheck: { test: ['CMD-SHELL', 'x'] } } },
    },
  )
  behaviour(
    11,
    'in YAML all x- keys are printed',
    { files: aFile('x-note: y\nhealthcheck: {test: x, x-note: y}'), flags: { output: 'yaml' } },
    a({ 'x-note': 'y', healthcheck: { test: ['CMD-SHELL', 'x'], 'x-note': 'y' } }),
  )
  behaviour(
    11,
    'a service may be called x-…',
    'services: {x-one: {image: busybox, networks: [x-net], volumes: ["x-data:/data"]}}\nnetworks: {x-net: {}}\nvolumes: {x-data: {}}\n',
    {
      services: { 'x-one': { image: 'busybox' } },
      networks: { 'x-net': { name: 'shop_x-net' } },
      volumes: { 'x-data': { name: 'shop_x-data' } },
    },
  )

  behaviour(
    12,
    'yes is true, and told of',
    aFile('init: yes'),
    accepted(
      a({ init: true }),
      'notice compose.yaml:4:11 services.a.init: yes counts as true, as in YAML 1.1; write true',
    ),
  )
  behaviour(
    12,
    'off is false, and told of',
    aFile('init: off'),
    accepted(
      a({ init: false }),
      'notice compose.yaml:4:11 services.a.init: off counts as false, as in YAML 1.1; write false',
    ),
  )
  behaviour(
    12,
    'maybe is no boolean',
    aFile('privileged: maybe'),
    refused('compose.yaml:4:17 services.a.privileged: must be true or false, not "maybe"'),
  )

  behaviour(
    13,
    'version says nothing, and is told of',
    `version: "3.9"\n${aFile('user: me')}`,
    accepted({ version: undefined, ...a({ user: 'me' }) }, OBSOLETE),
  )
  behaviour(
    13,
    'version is told of in a stack from Git, too',
    `version: "3.9"\n${aFile('user: me')}`,
    deployed({ services: { a: { container: { user: 'me' } } } }, OBSOLETE),
  )

  behaviour(
    14,
    'version chooses no set of rules, not even the oldest, which Swarm refuses',
    `version: "2"\n${aFile('user: me')}`,
    accepted(a({ user: 'me' }), OBSOLETE),
  )
  behaviour(
    14,
    'version chooses none of the sets of rules that Swarm knows',
    `version: "3.13"\n${aFile('user: me')}`,
    accepted(a({ user: 'me' }), OBSOLETE),
  )
  behaviour(
    14,
    'a version that nobody knows is taken, too',
    `version: "4"\n${aFile('user: me')}`,
    accepted(a({ user: 'me' }), OBSOLETE),
  )
  behaviour(
    14,
    'a number is no version',
    `version: 3\n${aFile('user: me')}`,
    refused('compose.yaml:1:10 version: must be a string, not the number 3; put it in quotes: "3"'),
  )
  behaviour(
    14,
    'keys that are newer than the version are known',
    `version: "2.0"\n${aFile('pull_policy: always')}`,
    accepted(a({ pull_policy: 'always' }), OBSOLETE),
  )

  behaviour(
    15,
    'services must be a mapping',
    'services: []\n',
    refused('compose.yaml:1:11 services: must be a mapping of services, not a list'),
  )
  behaviour(
    15,
    'a service must be a mapping',
    'services:\n  a: busybox\n',
    refused('compose.yaml:2:6 services.a: must be a mapping with an image, not "busybox"'),
  )
  behaviour(
    15,
    'an image must be a text',
    'services:\n  a:\n    image: [busybox]\n',
    refused('compose.yaml:3:12 services.a.image: must be a string, not a list'),
  )
  behaviour(
    15,
    'all wrong values are told at once',
    'services:\n  a: busybox\n  b:\n    image: {}\nvolumes: data\n',
    refused(
      'compose.yaml:2:6 services.a: must be a mapping with an image, not "busybox"',
      'compose.yaml:4:12 services.b.image: must be a string, not a mapping',
      'compose.yaml:5:10 volumes: must be a mapping of volumes, not "data"',
    ),
  )
})

/** Nine lists, each of a hundred aliases of the one before. */
function bomb(service = 'a: {image: busybox}'): string {
  const levels = Array.from(
    { length: 9 },
    (_, n) => `x-${n + 1}: &l${n + 1} [${Array(100).fill(`*l${n}`).join(', ')}]`,
  )
  return ['x-0: &l0 {k: v}', ...levels, `services: {${service}}`].join('\n')
}

function large(): string {
  const variables = Object.entries(largeEnvironment()).map(([name, value]) => `      ${name}: ${value}`)
  const services = Array.from({ length: 400 }, (_, n) => `  s${n}: {image: busybox, environment: *all}`)
  return ['x-all: &all', ...variables, 'services:', ...services].join('\n')
}

function largeEnvironment(): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 122 }, (_, n) => [`NAME_${n}`, `value-${n}`]))
}
